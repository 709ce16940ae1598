apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  containers:
%{ if flag }
  - image: acme/one:1
%{ endif }
  - image: ${image}
  - image: acme/two:${tag}
