using Pulumi;
var c = new ContainerArgs { Name = "a", Image = "nginx:1.27" };
