// SPDX-License-Identifier: Apache-2.0

import OCI
import Rewriting
import Scanning
import Testing

@Suite struct RewriteTests {
    let digest: Digest
    let desk: Desk

    init() throws {
        digest = try Digest("sha256:" + String(repeating: "ab", count: 32))
        desk = try Desk(to: "p.example/m")
    }

    @Test func `an ARG that feeds several stages is edited once; stages are no images`() {
        let text = "ARG BASE=debian:stretch # x\r\nFROM ${BASE} AS a\r\nFROM $BASE AS b\r\nCOPY --from=a / /\r\n"
        #expect(
            desk.text("Dockerfile", text)
                == text.replacing("=debian", with: "=p.example/m/debian"))
    }

    @Test func `an ARG that names begin with says where the copies are; what stands behind it stays`() {
        let text = "ARG HUB=quay.io\nFROM ${HUB}/a/b:1\nFROM ${HUB}/c:2\n"
        #expect(desk.text("Dockerfile", text) == text.replacing("HUB=", with: "HUB=p.example/m/"))
    }

    @Test func `an ARG that names begin with stays, and the images with it, where one of them has no copy there`()
        throws
    {
        let desk = try Desk(["quay.io/a/b:1": "p.example/quay.io/a/b:1", "quay.io/c:2": "p.example/other:2"])
        let text = "ARG HUB=quay.io\nFROM ${HUB}/a/b:1\nFROM ${HUB}/c:2\nFROM alpine:3\n"
        #expect(desk.text("Dockerfile", text) == text)
        #expect(desk.refused("Dockerfile", text) == ["${HUB}/a/b:1", "${HUB}/c:2"])
    }

    @Test(arguments: [
        ("Dockerfile", "ARG PART=a\nFROM quay.io/${PART}/b:1\n"),
        ("Dockerfile", "ARG PART=a\nFROM quay.io/x/${PART}:1\n"),
        ("Dockerfile", "ARG PART=a\nARG V=1\nFROM quay.io/${PART}/b:${V}\n"),
        ("a.sh", "ORG=a\npodman pull quay.io/$ORG/b:1\n"),
        ("compose.yaml", "services: {a: {image: 'quay.io/${ORG:-a}/b:1'}}\n"),
        (
            "main.tf",
            "locals { org = \"a\" }\nresource \"docker_image\" \"x\" { name = \"quay.io/${local.org}/b:1\" }\n"
        ),
        ("A.kt", "import org.testcontainers.x\nval o = \"a\"\nval x = GenericContainer(\"quay.io/$o/b:1\")\n"),
    ]) func `the beginning of a name moves before a variable, where the copy's name has the same end`(
        file: String, text: String
    ) throws {
        #expect(desk.text(file, text) == text.replacing("quay.io", with: "p.example/m/quay.io"))
        let moved = try Desk(["quay.io/a/b:1": "p.example/other:1", "quay.io/x/a:1": "p.example/yz/xa:1"])
        #expect(moved.text(file, text) == text)
        #expect(moved.refused(file, text).count == 1)
    }

    @Test func `an ARG with the end of one word of a name is listed`() {
        let text = "ARG PART=a\nFROM quay.io/x${PART}:1\nFROM alpine:3\n"
        #expect(desk.text("Dockerfile", text) == text.replacing("alpine", with: "p.example/m/alpine"))
        #expect(desk.refused("Dockerfile", text) == ["quay.io/x${PART}:1"])
    }

    @Test func `bytes that two images are made of are left alone where only one may change`() throws {
        let desk = try Desk(["alpine:3": "p.example/alpine:3"])
        let text = "ARG NAME=alpine\nFROM ${NAME}:3\nFROM ${NAME}:2\n"
        #expect(desk.text("Dockerfile", text) == text)
        #expect(desk.refused("Dockerfile", text) == ["${NAME}:3"])
    }

    @Test func `fields are edited each for itself`() {
        let helm = "image:\n  registry: quay.io # r\n  repository: 'a/b'\n  tag: \"1\"\n"
        #expect(
            desk.text("values.yaml", helm)
                == "image:\n  registry: p.example # r\n  repository: 'm/quay.io/a/b'\n  tag: \"1\"\n")
        let kustomize = "images:\n- name: nginx\n  newTag: '2'\n- {name: redis, newName: r/edis, newTag: '7'}\n"
        #expect(
            desk.text("kustomization.yaml", kustomize)
                == "images:\n- name: nginx\n  newName: p.example/m/nginx\n  newTag: '2'\n"
                + "- {name: redis, newName: p.example/m/r/edis, newTag: '7'}\n")
    }

    @Test func `an image that Argo CD replaces by its own name keeps the name by which it is found`() {
        let digest = "sha256:" + String(repeating: "1", count: 64)
        let application =
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    kustomize:\n      images:\n"
            + "      - quay.io/a/b:1\n      - \"redis:7\"\n      - x=y:1\n      - z@\(digest)\n      - v:$ARGOCD_REV\n"
        let expected = application.replacing("quay.io/a/b:1", with: "quay.io/a/b=p.example/m/quay.io/a/b:1")
            .replacing("redis:7", with: "redis=p.example/m/redis:7").replacing("x=y", with: "x=p.example/m/y")
            .replacing("z@", with: "z=p.example/m/z@").replacing("v:$", with: "v=p.example/m/v:$")
        #expect(desk.text("app.yaml", application) == expected)
        #expect(desk.text("app.yaml", expected) == expected)
    }

    @Test func `a registry that all images of a chart share changes with them`() {
        let values =
            "global:\n  imageRegistry: quay.io\na:\n  image:\n    repository: x/a\n    tag: '1'\n"
            + "b:\n  image:\n    repository: x/b\n    tag: '2'\n"
        let expected = values.replacing("imageRegistry: quay.io", with: "imageRegistry: p.example")
            .replacing("repository: x/", with: "repository: m/quay.io/x/")
        #expect(desk.text("values.yaml", values) == expected)
    }

    @Test(arguments: [
        "global: {imageRegistry: docker.io}\na: {image: {repository: x/a, tag: '1'}}\nb: {image: x/b:2}\n",
        "global: {image: {registry: quay.io}}\na: {image: {repository: x/a, tag: '1'}}\nb: {aImage: x/b:1}\n",
        "global: {registry: quay.io}\na: {image: {repository: x/a, tag: '1'}}\n",
        "imageRegistry: quay.io\na: {image: x/a:1}\n", "image: {registry: quay.io}\na: {image: {repository: x/a}}\n",
        "registry: quay.io\na: {image: {repository: x/a, tag: '1'}}\n",
    ]) func `a registry apart from all images stays with a name that it may precede`(values: String) {
        let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n"
        let inner = values.split(separator: "\n").map { "    \($0)\n" }.joined()
        for (file, text) in [("values-a.yaml", values), ("release.yaml", release + inner)] {
            let result = desk.rewrite(file, Array(text.utf8))
            #expect(result.edits == [] && !result.refused.isEmpty, "\(result.refused)")
        }
    }

    @Test func `names that no registry of all images precedes move beside one`() {
        let values =
            "global: {registry: quay.io}\na: {image: quay.io/x/a:1}\nb: {image: {registry: quay.io, repository: b, tag: v}}\n"
            + "extraContainers: [{name: c, image: quay.io/c:1}]\n"
        #expect(desk.rewrite("values-a.yaml", Array(values.utf8)).replaced.count == 3)
    }

    @Test func `a name whose tag is open moves, and is told; a second time it stays`() {
        for (file, text) in [
            ("Dockerfile", "ARG V\nFROM quay.io/a/b:$V\n"),
            ("compose.yaml", "services: {a: {image: \"quay.io/a/b:${V}\"}}\n"),
            ("values.yaml", "image: {repository: quay.io/a/b, tag: \"\"}\n"),
            ("templates/x.yaml", "kind: Pod\nspec:\n  containers:\n  - image: \"quay.io/a/b:{{ .Values.v }}\"\n"),
            ("pod.yaml.tpl", "kind: Pod\nspec:\n  containers:\n  - image: quay.io/a/b:${v}\n"),
        ] {
            let result = desk.rewrite(file, Array(text.utf8))
            #expect(
                String(decoding: result.bytes, as: UTF8.self) == text.replacing("quay.io", with: "p.example/m/quay.io"))
            #expect(result.renamed.count == 1 && result.refused == [])
            #expect(desk.rewrite(file, result.bytes).edits == [])
        }
    }

    @Test func `a variable that may be a part of the name leaves it as it is`() {
        for text in ["quay.io/a/$B:1", "$R/a/b:1", "quay.io:$PORT/a/b", "quay.io/a/b$TAIL", "quay.io/a/b-$C:$V"] {
            let file = "ARG B\nARG R\nARG PORT\nARG TAIL\nARG C\nARG V\nFROM \(text)\n"
            #expect(desk.text("Dockerfile", file) == file || text == "quay.io/a/b$TAIL")
        }
    }

    @Test func `one reference that cannot be read again leaves the others to be changed`() {
        let text = "image: {repository: a/b, tag: 1.20}\nside: {image: {repository: c/d, tag: \"2\"}}\n"
        #expect(desk.text("values.yaml", text).contains("p.example/m/c/d"))
    }

    @Test(arguments: [
        ("a.sh", "REG=quay.io/acme\ndocker pull $REG/a:1\ndocker build -t $REG/own:1 .\ndocker push $REG/own:1\n"),
        ("b.sh", "REG=quay.io/acme\ndocker pull $REG/a:1\ndocker push $REG/own:$TAG\n"),
        ("c.sh", "REG=quay.io/acme\ndocker pull $REG/a:1\nhelm registry login $REG\n"),
        (
            "Makefile",
            "REG ?= quay.io/acme\nIMG ?= $(REG)/own:1\nTOOL_IMAGE = $(REG)/tool:1\n"
                + "a:\n\tdocker run $(TOOL_IMAGE)\n\tdocker push $(IMG)\n"
        ),
        (
            ".github/workflows/a.yml",
            "env: {REG: ghcr.io}\njobs: {a: {steps: [{uses: docker/login-action@v3, with: {registry: \"${{ env.REG }}\"}},"
                + " {run: docker pull $REG/acme/x:1}]}}\n"
        ),
        (
            ".gitlab-ci.yml",
            "variables: {REG: quay.io/acme}\na: {image: $REG/x:1, script: [docker push $REG/own:1]}\n"
        ),
        (
            "docker-bake.hcl",
            "variable \"REG\" { default = \"quay.io\" }\ntarget \"a\" {\n"
                + "  contexts = { b = \"docker-image://${REG}/x/b:1\" }\n  tags = [\"${REG}/x/own:1\"]\n}\n"
        ),
        (
            "m.tf",
            "locals { reg = \"quay.io/acme\" }\nresource \"docker_image\" \"a\" { name = \"${local.reg}/a:1\" }\n"
                + "resource \"docker_registry_image\" \"p\" { name = \"${local.reg}/own:1\" }\n"
        ),
        ("Dockerfile", "ARG HUB=quay.io\nFROM ${HUB}/a/b:1\nARG HUB\nRUN curl https://${HUB}/x\n"),
    ])
    func `what a build's own names or addresses begin with stays, and the images behind it`(file: String, text: String)
    {
        #expect(desk.text(file, text) == text)
        #expect(desk.refused(file, text).contains { !$0.contains("own") })
    }

    @Test func `a whole image moves, whatever shows or tags it besides`() {
        let text = "IMAGE=quay.io/acme/a:1\necho \"pulling $IMAGE\"\ndocker pull $IMAGE\ndocker tag $IMAGE own:1\n"
        #expect(desk.text("a.sh", text) == text.replacing("=quay", with: "=p.example/m/quay"))
    }

    @Test func `images behind a hub move with it, or stay with it`() throws {
        let values = "hub: quay.io/rel\ntag: '1'\nimage: agent\nother: {image: sidecar}\nwhole: {image: a/b}\n"
        #expect(
            desk.text("values.yaml", values)
                == values.replacing("hub: ", with: "hub: p.example/m/").replacing("a/b", with: "p.example/m/a/b"))
        let some = try Desk(["quay.io/rel/agent:1": "p.example/quay.io/rel/agent:1"])
        #expect(some.text("values.yaml", values) == values)
        #expect(some.refused("values.yaml", values) == ["agent"])
    }

    @Test func `an alias is edited at its anchor`() {
        let text =
            "apiVersion: v1\nkind: Pod\nx: &i \"redis:7\"\nspec:\n  containers:\n  - image: *i\n  - image: *i\n"
        #expect(desk.text("pod.yaml", text) == text.replacing("redis", with: "p.example/m/redis"))
    }

    @Test func `digests are written where a reference is one text or has a field for them`() throws {
        var desk = desk
        desk.pin = digest
        #expect(desk.text("Dockerfile", "FROM a/b:1\n") == "FROM p.example/m/a/b:1@\(digest.text)\n")
        #expect(desk.text("Dockerfile", "FROM a/b\n") == "FROM p.example/m/a/b@\(digest.text)\n")
        let helm = "image:\n  repository: a/b\n  tag: '1'\n"
        #expect(desk.text("values.yaml", helm) == helm)
        #expect(desk.refused("values.yaml", helm) == ["a/b"])
    }

    @Test func `only what has a copy is changed, and a copy never again`() throws {
        let desk = try Desk(["a/b:1": "p.example/c:1", "p.example/c:1": "q.example/d:1"])
        #expect(desk.text("Dockerfile", "FROM a/b:1\nFROM a/b:2\n") == "FROM p.example/c:1\nFROM a/b:2\n")
        #expect(desk.text("Dockerfile", "FROM p.example/c:1\n") == "FROM p.example/c:1\n")
    }
}

@Suite struct UnifiedDiffTests {
    private func diff(_ text: String, _ edits: [(Range<Int>, String)], path: String = "f", reversed: Bool = false)
        -> String
    {
        let edits = edits.map { ByteEdit($0.0, Array($0.1.utf8)) }
        return String(
            decoding: UnifiedDiff(path: path, bytes: Array(text.utf8), edits: edits).text(reversed: reversed),
            as: UTF8.self)
    }

    @Test func `three lines stand around a change, line ends kept, a missing last one told`() {
        #expect(
            diff("1\r\n2\n3\n4\n5", [(7..<8, "x")])
                == "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n 1\r\n 2\n 3\n-4\n+x\n 5\n\\ No newline at end of file\n")
        #expect(
            diff("a\r\nb", [(3..<4, "c")], reversed: true)
                == "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\r\n-c\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
        )
    }

    @Test func `a line that is added is shown alone, and what follows is counted from it`() {
        let lines = (1...20).map { "\($0)\n" }.joined()
        let text = diff(lines, [(1..<1, "\nnew"), (lines.utf8.count - 3..<lines.utf8.count - 1, "xx")])
        #expect(text.contains("@@ -1,4 +1,5 @@\n 1\n+new\n 2\n 3\n 4\n@@ -17,4 +18,4 @@\n 17\n"))
    }

    @Test func `names that patches cannot hold as they are are quoted`() {
        #expect(diff("a\n", [(0..<1, "b")], path: "x y").hasPrefix("--- a/x y\t\n"))
        #expect(diff("a\n", [(0..<1, "b")], path: "q\"\n").hasPrefix("--- \"a/q\\\"\\012\"\n"))
    }

    @Test func `nothing changed is nothing to say`() { #expect(diff("a\n", []) == "") }

    @Test func `an image of which other values of the chart say a part stays`() throws {
        let desk = try Desk(to: "r.example/m")
        let values = Array("image:\n  registry: quay.io\n  repository: a/b\n  tag: \"1\"\n".utf8)
        func refused(beside other: String) -> [String] {
            let files = ["Chart.yaml": "name: a\n", "values-prod.yaml": other].mapValues { Array($0.utf8) }
            let nearby = NearbyFiles(name: "values.yaml", names: { _ in files.keys.sorted() }, read: { files[$0] })
            let scan = { (bytes: [UInt8]) in FileScanner().scan(bytes, kind: .helmValues, in: nearby) }
            return FileRewriter(scans: [scan], decide: desk.decision).rewrite(values).refused.map(\.reason)
        }
        let reason = "values-prod.yaml says a part of the image, and this is the rest"
        #expect(refused(beside: "image: {repository: c/d}\n") == [reason])
        #expect(refused(beside: "image: {registry: ghcr.io}\n") == [reason])
        #expect(refused(beside: "global: {imageRegistry: ghcr.io}\n") == [reason])
        #expect(refused(beside: "image: {tag: \"2\"}\n") == [])
        #expect(refused(beside: "image: {registry: ghcr.io, repository: c/d}\n") == [])
    }
}
