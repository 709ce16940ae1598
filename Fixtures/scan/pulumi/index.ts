import * as k8s from "@pulumi/kubernetes";
const image = "nginx:1.27";
const app = new k8s.apps.v1.Deployment("a", { spec: { template: { spec: { containers: [
  { name: "a", image: image },
  { name: "b", image: "ghcr.io/acme/b:2" },
] } } } });
const vm = new gcp.compute.Instance("v", { bootDisk: { initializeParams: { image: "debian-cloud/debian-11" } } });
