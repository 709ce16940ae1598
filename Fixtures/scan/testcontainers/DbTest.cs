using DotNet.Testcontainers.Builders;
var a = new ContainerBuilder().WithImage("redis:7").Build();
var b = new PostgreSqlBuilder().WithImage("docker.io/library/postgres:16").Build();
var c = new ContainerBuilder("nginx:1.27").Build();
var d = new ContainerBuilder().WithImage($"acme/x:{tag}").Build();
var e = new MsSqlBuilder(@"mcr.microsoft.com/mssql/server:2022-latest");
