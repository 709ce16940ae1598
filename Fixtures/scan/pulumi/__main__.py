import pulumi_kubernetes as k8s
c = k8s.core.v1.ContainerArgs(name="a", image="nginx:1.27")
d = {"name": "b", "image": "ghcr.io/acme/b:2"}
