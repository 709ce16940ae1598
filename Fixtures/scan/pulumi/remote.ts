import * as docker from "@pulumi/docker";

const cache = new docker.RemoteImage("cache", { name: "redis:7.2" });
const own = new docker.Image("own", { imageName: "acme/own:1", build: "." });
