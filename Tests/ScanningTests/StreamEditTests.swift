// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

/// Images for which commands search in files.
@Suite struct StreamEditTests {
    /// Whether a command searches for `acme/web:1` in `k8s/deploy.yaml`.
    private func isSought(_ text: String, as path: String = "run.sh", image: String = "acme/web:1") -> Bool {
        var made = MadeImages()
        made.add(scanned(text, as: path), of: path)
        return scanned(pod(image), as: "k8s/deploy.yaml").findings.contains {
            made.isSoughtByCommand($0, in: "k8s/deploy.yaml")
        }
    }

    @Test(arguments: [
        #"sed -i "s#acme/web:.*#acme/web:$TAG#" k8s/deploy.yaml"#, "sed -i '' 's|image: acme/web:1|x|' deploy.yaml",
        "sed -e 's/a/b/' -e 's/acme\\/web:1/b/g' ./k8s/deploy.yaml",
        "cat k8s/deploy.yaml | sed 's#acme/web#x#' | kubectl apply -f -",
        "sed --in-place --expression='/image/s,acme/web,x,' $DIR/deploy.yaml",
        "IMG=acme/web\nsed -i \"s#$IMG:.*#x#\" deploy.yaml",
        "find . -name '*.yaml' -exec sed -i 's/x/y/; s#^ *image: acme/web@.*#x#' {} +",
        "perl -pi -e 's#acme/web:\\S+#x#' k8s/*.yaml",
        "if true; then sudo sed -i 's#\"acme/web:1\"#x#' deploy.yaml; fi",
    ])
    func `a name that a command searches for is sought in its files, or in any`(_ text: String) {
        #expect(isSought(text))
        #expect(isSought("a:\n\t" + text.replacing("\n", with: "\n\t").replacing("$", with: "$$"), as: "Makefile"))
    }

    @Test(arguments: [
        "sed -i 's#acme/web:.*#x#' other.yaml", "sed -i 's#acme/web2:.*#x#' deploy.yaml",
        "sed -i 's#x#acme/web:1#' deploy.yaml",
        "sed -i 's#image: .*#image: acme/web:2#' deploy.yaml", "grep acme/web:1 deploy.yaml",
        "sed -n 's/acme' deploy.yaml",
        "sed -i 's#quay.io/acme/web#x#' deploy.yaml",
    ])
    func `other names and files are not sought`(_ text: String) { #expect(!isSought(text)) }

    @Test func `an open quote in a script that only searches hides no image`() {
        #expect(scanned("sed -i 's#a#b#' x.txt\necho it's\n", as: "run.sh").problems.isEmpty)
    }

    @Test func `a name of one word is sought only in files that are named`() {
        #expect(isSought("sed -i 's/redis:6/redis:7/' deploy.yaml", image: "redis:6"))
        #expect(!isSought("helm template . | sed 's/redis:6/redis:7/'", image: "redis:6"))
    }
}
