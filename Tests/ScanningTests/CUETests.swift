// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

/// Places of CUE that name images.
@Suite struct CUETests {
    @Test func `fields called image are images under any way of writing one, and types are none`() {
        let text = """
            a: image: "acme/a:1"
            b: {"image": *"acme/b:1" | string}
            X=c: image?: "acme/c:1" @tag(image)
            d: image: string
            e: image: #Image & {pull: "Always"}
            f: image: #\"quay.io/acme/f:1"#
            if a.image != _|_ {g: image: "acme/g:1"}
            // image: "acme/none:1"

            """
        #expect(
            references(text, as: "a.cue") == [
                "acme/a:1", "acme/b:1", "acme/c:1", "quay.io/acme/f:1", "acme/g:1",
            ])
    }

    @Test func `names are what the innermost struct that has them says, and open where nothing does`() {
        let text = """
            let tag = "1"
            name: "outer"
            in: {
              name: "inner"
              a: image: "acme/\\(name):\\(tag)"
              b: image: "acme/b:" + tag
              c: image: "acme/c:\\(in.version)"
              d: image: parameter.image
              e: image: strings.Join(["acme/e", tag], ":")
              version: string
            }
            parameter: image: string

            """
        #expect(
            references(text, as: "a.cue") == [
                "acme/inner:1", "acme/b:1", "?in.version", "?parameter.image", "?strings.Join(…)",
            ])
    }

    @Test func `a repository is an image with its tag, wherever the two are said`() {
        let text = """
            values: image: repository: "quay.io/acme/a"
            values: image: tag: *"1" | string
            values: image: tag: "2"
            side: image: {registry: "ghcr.io", repository: "acme/b", tag: "v3", digest: ""}
            open: image: {repository: "quay.io/acme/c", tag: #version}
            chart: {repository: "https://charts.example.com", tag: "1"}
            #version: string

            """
        #expect(references(text, as: "a.cue") == ["quay.io/acme/a:2", "ghcr.io/acme/b:v3", "?image.tag"])
        let names = scanned(text, as: "a.cue").findings.map { $0.parts.map(\.field) }
        #expect(names == [[.name, .tag], [.registry, .repository, .tag], [.name]])
    }

    @Test func `collections called images and names that say image count for texts with a version or a host`() {
        let text = """
            images: {a: "acme/a:1", b: "words", c: #image}
            list: images: ["acme/d:1", "none"]
            #image: "acme/c:1"
            debugImage: "acme/e:1"
            imagePullPolicy: "Always"
            heroImage: "logo"

            """
        #expect(references(text, as: "a.cue") == ["acme/a:1", "acme/d:1", "acme/c:1", "acme/e:1"])
    }

    @Test func `manifests stand in texts of several lines`() {
        let text =
            "m: \"\"\"\n\tapiVersion: v1\n\tkind: Pod\n\tspec: {containers: [{image: 'acme/m:1'}]}\n\t\"\"\"\n"
            + "image: \"acme/n:1\"\n"
        #expect(references(text.replacingTabs, as: "a.cue") == ["acme/m:1", "acme/n:1"])
    }

    @Test(arguments: [
        "image: {", "image: [", "image: (", "image: \"", "image: *", "image:", "image: \"\\(", "X=X=X=image: \"a:1\"",
        "image: \"\\(image)\"", "let image = image", "images: [for", "if image", "import (", "#", "image: #.#",
    ])
    func `what is cut off, or names itself, ends`(text: String) {
        #expect(references(text, as: "a.cue").allSatisfy { $0.hasPrefix("?") || $0 == "a:1" })
    }

    @Test func `names that stand for themselves many times over end`() {
        let many = Array(repeating: "#a", count: 200).joined(separator: " | ")
        #expect(references("#a: \(many)\nimage: #a\n", as: "a.cue") == [])
    }

    @Test func `brackets inside of brackets end`() {
        for mark in ["{", "[", "(", "a: {", "image: [", "a:", "(a): "] {
            _ = references("image: " + String(repeating: mark, count: 5000), as: "a.cue")
        }
    }
}

extension String {
    /// YAML has no tabs before its keys.
    fileprivate var replacingTabs: String { String(map { $0 == "\t" ? " " : $0 }) }
}
