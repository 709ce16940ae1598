const string Tag = "16";
var builder = DistributedApplication.CreateBuilder(args);
// builder.AddContainer("c", "commented:1");
builder.AddContainer("grafana", "grafana/grafana", "10.3").WithHttpEndpoint(targetPort: 3000);
builder.AddContainer("db", "acme/db:15");
builder.AddContainer("named", "acme/named", Tag)
    .WithImageRegistry("quay.io")
    .WithBindMount("./a", "/a");
builder.AddPostgres("pg").WithImage("acme/pg").WithImageTag("17");
builder.AddContainer("plain", isSlim ? "acme/slim:1" : "acme/full:1");
builder.AddContainer("open", "acme/open", version);
builder.AddContainer("other", Images.Other, "1");
builder.AddContainer("call", Name());
builder.Services.AddContainer("only");
builder.Build().Run();
