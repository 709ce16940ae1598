// image: "commented:1"
local version = "1.27";
{
  _images+:: {
    prometheus: "quay.io/prometheus/prometheus:v2.50.0",
    grafana: 'docker.io/grafana/grafana:' + version,
  },
  spec: { containers: [
    { image: "docker.io/acme/web:1" },
    { image: $._images.prometheus },
    { image: "nginx:%s" % version },
    { "image": 'busybox:1.36' },
    k.core.v1.container.new('a', 'alpine:3.20'),
  ] },
}
