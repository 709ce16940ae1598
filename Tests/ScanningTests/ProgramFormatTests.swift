// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Texts of programs that a format and its arguments make.
@Suite struct ProgramFormatTests {
    private static let python = "import pulumi_kubernetes as k8s\nTAG = \"1\"\nx = k8s.Container(image="
    private static let go = """
        package main
        import "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
        const tag = "1"
        const name = "quay.io/a/x"
        var x = corev1.ContainerArgs{Image: pulumi.String(
        """
    private static let java = """
        import org.testcontainers.containers.*;
        class A { String tag = "1"; Object x = new GenericContainer(
        """

    @Test(arguments: [
        ("a.py", python + "\"quay.io/a/x:{}\".format(TAG))\n"), ("a.py", python + "\"quay.io/a/x:{0}\".format(TAG))\n"),
        ("a.py", python + "\"quay.io/a/x:%s\" % TAG)\n"), ("a.go", go + "fmt.Sprintf(\"%s:%s\", name, tag))}\n"),
        ("a.go", go + "fmt.Sprintf(\"quay.io/a/x:%v\", tag))}\n"),
        ("A.java", java + "String.format(\"quay.io/a/x:%s\", tag)); }\n"),
        ("A.java", java + "\"quay.io/a/x:%s\".formatted(tag)); }\n"),
        ("A.java", java + "\"quay.io/a/x:\".concat(tag)); }\n"),
    ])
    func `a format is filled in`(file: String, text: String) {
        #expect(references(text, as: file) == ["quay.io/a/x:1"])
    }

    @Test(arguments: [
        ("a.py", python + "\"quay.io/a/x:{}\".format(other))\n"),
        ("a.py", python + "\"quay.io/a/x:{:>3}\".format(TAG))\n"),
        ("a.go", go + "fmt.Sprintf(\"quay.io/a/x:%s\", other))}\n"),
        ("a.go", go + "fmt.Sprintf(\"quay.io/a/x:%s\"))}\n"), ("a.go", go + "fmt.Sprintf(\"quay.io/a/x:%x\", tag))}\n"),
        ("A.java", java + "String.format(\"quay.io/a/x:%1$s\", tag)); }\n"),
    ])
    func `a format with something unknown is open`(file: String, text: String) {
        let findings = scanned(text, as: file).findings
        #expect(findings.count == 1 && findings.allSatisfy { $0.unresolved != nil })
    }
}
