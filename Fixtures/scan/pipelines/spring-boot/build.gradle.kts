tasks.named<BootBuildImage>("bootBuildImage") {
  builder.set("paketobuildpacks/builder:base")
  runImage = "paketobuildpacks/run:base"
}
