package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

var c = corev1.ContainerArgs{Name: pulumi.String("a"), Image: pulumi.String("nginx:1.27")}
