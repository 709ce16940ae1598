// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What `kustomize edit set image` puts in the place of a kustomization's images.
@Suite struct KustomizeOperandTests {
    private static let digest = "sha256:" + String(repeating: "1", count: 64)

    @Test(arguments: [
        ("app=x.example/a:1", ["x.example/a:1"]), ("app=b:2", ["b:2"]), ("b:2 c=d:3", ["b:2", "d:3"]),
        ("'x.example/a:1'", ["x.example/a:1"]), ("b@\(digest)", ["b@\(digest)"]), ("a=b@\(digest)", ["b@\(digest)"]),
        ("x.example/a:$TAG", ["?TAG"]), ("a=x.example/b:$TAG", ["?TAG"]), ("$IMG", ["?IMG"]), ("a=$IMG", ["?IMG"]),
        // The kustomization or the resource keeps what these do not say.
        ("a=x.example/b", ["?newTag"]), ("a=*:2", ["?newName"]), ("a=b:*", ["?newTag"]), ("b:*", ["?newTag"]),
        ("a=controller:latest", []), ("controller:latest", []),
        // kustomize refuses a name alone.
        ("nginx", []),
    ]) func `the image that is pulled afterwards is found, and what the command does not say is open`(
        operands: String, expected: [String]
    ) {
        func found(_ text: String, _ file: String) -> [String] {
            scanned(text, as: file).findings.filter { !$0.isBuilt }
                .map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }
        }
        let command = "kustomize edit set image \(operands)"
        #expect(found("cd k8s && \(command)\n", "a.sh") == expected)
        #expect(found("jobs: {a: {steps: [{run: \"\(command)\"}]}}\n", ".github/workflows/a.yml") == expected)
        if !operands.contains("$") {
            #expect(found("x:\n\t$(KUSTOMIZE) edit set image \(operands)\n", "Makefile") == expected)
        }
    }

    @Test func `what the same text builds is not pulled`() {
        let text = "docker build -t x.example/a:$TAG .\nkustomize edit set image x.example/a:$TAG b=x.example/a:$TAG\n"
        #expect(references(text, as: "a.sh").isEmpty)
    }

    @Test func `a variable that is a part of such an image is no image of its own`() {
        #expect(references("IMAGE=nginx\nkustomize edit set image a=$IMAGE:1.27\n", as: "a.sh") == ["nginx:1.27"])
    }
}
