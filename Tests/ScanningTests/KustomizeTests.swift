// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Scanning

/// What kustomizations make of the images of the files that they lead to.
@Suite struct KustomizeTests {
    /// Files as all of them together are understood.
    private struct Tree {
        let results: [(name: String, result: ScanResult)]
        let made: MadeImages

        init(_ files: [String: String]) {
            results = files.sorted { $0.key < $1.key }.map { name, text in
                let nearby = NearbyFiles(
                    name: String(name.split(separator: "/").last ?? ""),
                    exists: { path in
                        let place = FilePath.resolved(path, from: name)
                        return files.keys.contains { $0 == place || $0.hasPrefix(place + "/") }
                    })
                return (name, FileScanner().scan(Array(text.utf8), kind: FileKind(path: name), in: nearby))
            }
            made = results.reduce(into: MadeImages()) { $0.add($1.result, of: $1.name) }
        }

        /// What is pulled: references, and `?` with what is missing for open ones.
        var pulled: [String] {
            results.flatMap { name, result in
                result.findings.filter { !made.holds($0, in: name) }.map {
                    $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "")
                }
            }
        }

        var ofReplacedParts: [String] {
            results.flatMap { name, result in
                result.findings.filter { made.isOfReplacedParts($0, in: name) }.map(\.text)
            }
        }

        /// The texts that have to keep their names.
        var named: [String] {
            results.flatMap { name, result in result.findings.filter { made.isName($0, in: name) }.map(\.text) }
        }

        /// The manifests with such texts.
        var places: [String] {
            results.filter { name, result in result.findings.contains { made.isName($0, in: name) } }.map(\.name)
        }
    }

    private func replacement(_ select: String, of field: String, options: String = "{delimiter: /, index: 0}") -> String
    {
        "replacements:\n- source: {kind: ConfigMap, name: c, fieldPath: data.reg}\n  targets:\n  - select: \(select)\n"
            + "    fieldPaths: [\(field)]\n    options: \(options)\n"
    }

    private static let header = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"

    private func tree(_ image: String, _ overlay: String, _ others: [String: String] = [:]) -> Tree {
        let files = [
            "base/kustomization.yaml": Self.header + "resources: [pod.yaml]\n", "base/pod.yaml": pod(image),
            "over/kustomization.yaml": Self.header + "resources: [../base]\n" + overlay,
        ]
        return Tree(files.merging(others) { $1 })
    }

    // MARK: - Names

    @Test(arguments: [
        ("a/.*", "a/b", true), ("a/.*", "b/a/b", false), ("(.*)/nginx", "quay.io/x/nginx", true),
        ("a|b+", "bbb", true), ("[a-c]?x", "x", true), ("[^a]x", "ax", false), (#"a\.b"#, "a.b", true),
        (#"a\.b+"#, "axb", false), ("quay.io/a", "quay.io/a", true), ("quay.io/a", "quayxio/a", false),
        ("(((a*)*)*)*b", String(repeating: "a", count: 250), false), ("(", "(", true), ("${A}.*", "${A}.*", true),
    ]) func `a name is a regular expression where it says so`(pattern: String, name: String, matches: Bool) {
        #expect(NamePattern(pattern).matches(name) == matches)
    }

    @Test
    func
        `a suffix makes another tag of the one in the base, and the name stays, for it would get the suffix once more or less`()
        throws
    {
        let tree = tree("nginx:1.0", "images: [{name: nginx, tagSuffix: -alpine}]\n")
        #expect(tree.pulled == ["?tagSuffix"])
        #expect(tree.named == ["nginx:1.0"])
        let finding = try #require(tree.results.last?.result.findings.first)
        #expect(finding.parts.isEmpty)
    }

    @Test func `a suffix goes behind a tag that is known, and not behind one of its own entry`() {
        let images =
            "images: [{name: s, newTag: '1'}, {name: s, tagSuffix: -a}, {name: t, newTag: '2', tagSuffix: -b}]\n"
        #expect(references(images, as: "kustomization.yaml") == ["s:1-a", "t:2"])
    }

    @Test func `entries are applied one after the other`() throws {
        let tree = tree("s:1", "images: [{name: s, newTag: '2'}, {name: s, newName: o/ther}]\n")
        #expect(tree.pulled == ["o/ther:2"])
        #expect(tree.named == ["s:1"])
        let parts = try #require(tree.results.last?.result.findings.first?.parts)
        #expect(parts.map(\.value) == ["o/ther", "2"])
        let images = "images: [{name: a, newName: b}, {name: b, newTag: '3'}, {name: a, newTag: '4'}]\n"
        #expect(references(images, as: "kustomization.yaml") == ["b:3"])
    }

    @Test func `an expression holds the names that it matches, and what they become is open`() {
        let tree = tree("quay.io/a/s:1", "images: [{name: 'quay.io/a/.*', newTag: '9'}]\n")
        #expect(tree.pulled == ["?quay.io/a/.*:9"])
        #expect(tree.named == ["quay.io/a/s:1"])
        #expect(self.tree("redis:1", "images: [{name: 'quay.io/a/.*', newTag: '9'}]\n").named == [])
        #expect(self.tree("redis:1", "images: [{name: 'red.*', newName: a, newTag: '9'}]\n").pulled == ["a:9"])
    }

    @Test func `an entry keeps the name by which one further up finds its image`() {
        let tree = tree(
            "s:1", "images: [{name: s, newTag: '2'}]\n",
            ["top/kustomization.yaml": Self.header + "resources: [../over]\nimages: [{name: s, newTag: '3'}]\n"])
        #expect(tree.pulled == ["s:3"])
        #expect(tree.named.sorted() == ["s", "s:1"])
        #expect(self.tree("s:1", "images: [{name: s, newTag: '2'}]\n").named == ["s:1"])
    }

    @Test func `what a component makes is pulled, unless a later one makes something else of it`() {
        let component = "kind: Component\nimages: [{name: s, newTag: "
        let others = ["c1/kustomization.yaml": component + "'2'}]\n", "c2/kustomization.yaml": component + "'3'}]\n"]
        #expect(tree("s:1", "components: [../c1]\n", others.filter { $0.key < "c2" }).pulled == ["s:2"])
        #expect(tree("s:1", "components: [../c1, ../c2]\n", others).pulled == ["s:3"])
    }

    @Test func `an entry keeps no name in files to which its kustomization does not lead`() {
        let own = [
            "a/kustomization.yaml": Self.header + "resources: [d.yaml]\nimages: [{name: s, newTag: '2'}]\n",
            "a/d.yaml": pod("s:1"),
        ]
        let tree = Tree(own.merging(["b/d.yaml": pod("s:1"), "b/other.yaml": pod("s:1")]) { $1 })
        #expect(tree.named == ["s:1"] && tree.places == ["a/d.yaml"])
    }

    @Test(arguments: [
        // A script copies the file or the folder.
        ("resources: [x/d.yaml]\n", ["b/d.yaml"]), ("resources: [../b]\n", ["c/b/e.yaml"]),
        // `kustomize edit add resource` completes it.
        ("resources: []\n", ["b/d.yaml", "c/b/e.yaml"]), ("", ["b/d.yaml", "c/b/e.yaml"]),
        ("kind: Component\nresources: [d.yaml]\n", ["a/d.yaml", "b/d.yaml", "c/b/e.yaml"]),
        // Those are elsewhere.
        ("resources: [https://x.example/b/d.yaml]\n", []),
    ])
    func `an entry keeps its name in files that may be among resources that are not known`(
        _ resources: String, _ places: [String]
    ) {
        let entry = "images: [{name: s, newTag: '2'}]\n"
        var files = [
            "a/kustomization.yaml": resources + entry, "b/d.yaml": pod("s:1"), "c/b/e.yaml": pod("s:1"),
        ]
        if resources.contains("[d.yaml]") { files["a/d.yaml"] = pod("s:1") }
        if resources.contains("../b") { files["b/d.yaml"] = nil }
        #expect(Tree(files).places == places)
    }

    @Test func `a component keeps its names only where kustomizations apply it, if there are any`() {
        let files = [
            "c/kustomization.yaml": "kind: Component\nimages: [{name: s, newTag: '2'}]\n",
            "a/kustomization.yaml": Self.header + "resources: [d.yaml]\ncomponents: [../c]\n",
            "a/d.yaml": pod("s:1"), "b/d.yaml": pod("s:1"),
        ]
        #expect(Tree(files).places == ["a/d.yaml"])
    }

    @Test func `a name that Argo CD replaces in an application is held`() {
        let application = """
            apiVersion: argoproj.io/v1alpha1
            kind: Application
            spec: {source: {kustomize: {images: ["s=quay.io/a/s:2", "t:1"]}}}
            """
        let base = [
            "b/kustomization.yaml": "resources: [pod.yaml]\n", "b/pod.yaml": pod("t:1"), "other.yaml": pod("u:1"),
        ]
        let tree = Tree(base.merging(["app.yaml": application, "pod.yaml": pod("s:1")]) { $1 })
        #expect(tree.named == ["t:1", "s:1"])
    }

    @Test(arguments: [
        ("argoproj.io/v1alpha1", "{source: {path: x/b, kustomize: {images: [\"s=t:2\"]}}}"),
        ("kustomize.toolkit.fluxcd.io/v1", "{path: ./x/b, images: [{name: s, newTag: '2'}]}"),
    ])
    func `a name that Flux or Argo CD replaces is held in the folder that is delivered`(_ api: String, _ spec: String) {
        let files = [
            "app.yaml": "apiVersion: \(api)\nkind: A\nspec: \(spec)\n", "c/x.yaml": pod("s:1"),
            "x/b/kustomization.yaml": "resources: [../../base]\n", "base/pod.yaml": pod("s:1"),
            "base/kustomization.yaml": "resources: [pod.yaml]\n", "a/b/pod.yaml": pod("s:1"),
        ]
        #expect(Tree(files).places == ["a/b/pod.yaml", "base/pod.yaml"])
    }

    @Test func `a file of Argo CD beside a kustomization sets the fields of the source`() {
        let source = "kustomize: {images: [s=quay.io/a/s:2, 'quay.io/a/t:3']}\n"
        let chart = """
            helm:
              parameters: [{name: image.repository, value: quay.io/a/u}, {name: image.tag, value: v4}]
              valuesObject: {image: {repository: quay.io/a/v, tag: v5}}
              values: |
                image: {repository: quay.io/a/w, tag: v6}

            """
        let files = [
            "a/.argocd-source-app.yaml": source, "a/kustomization.yaml": "resources: [s.yaml, t.yaml]\n",
            "a/s.yaml": pod("s:1"), "a/t.yaml": pod("quay.io/a/t:1"), "b/kustomization.yaml": "resources: [s.yaml]\n",
            "b/s.yaml": pod("s:1"), "c/.argocd-source.yaml": chart, "c/argocd-source.yaml": source,
        ]
        #expect(
            Tree(files).pulled
                == ["quay.io/a/s:2", "quay.io/a/t:3", "s:1", "quay.io/a/u:v4", "quay.io/a/v:v5", "quay.io/a/w:v6"])
    }

    @Test(arguments: [
        ("app", "app", "a", true), ("app", "n_app", "a", true), ("app", "app", "other/a", true),
        ("x", "app", "a", false),
        ("x", "", "a", true), ("'{{name}}'", "app", "./a/", false), ("x", "app", "'{{path}}'", true),
        ("x", "app", "b", true),
    ])
    func `a file for one application of Argo CD replaces nothing if another one delivers its folder, too`(
        _ application: String, _ named: String, _ path: String, _ isReplaced: Bool
    ) {
        let other =
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: \(application)}\n"
            + "spec: {source: {path: \(path)}}\n"
        let settings = named.isEmpty ? ".argocd-source.yaml" : ".argocd-source-\(named).yaml"
        let tree = Tree([
            "r/a/\(settings)": "kustomize: {images: [s=quay.io/a/s:2]}\n",
            "r/a/kustomization.yaml": "resources: [s.yaml]\n", "r/a/s.yaml": pod("s:1"), "apps/x.yaml": other,
        ])
        #expect(tree.pulled == (isReplaced ? ["quay.io/a/s:2"] : ["quay.io/a/s:2", "s:1"]))
        #expect(tree.named == ["s:1"])
    }

    // MARK: - Places and names

    private static let jsonPatch =
        "patches:\n- target: {kind: Pod}\n  patch: |-\n"
        + "    - {op: replace, path: /spec/containers/0/image, value: \"quay.io/a/p:1\"}\n"
    private static let strategicPatch =
        "patches:\n- patch: |-\n    kind: Pod\n    apiVersion: v1\n    spec: {containers: [{image: quay.io/a/p:1}]}\n"

    @Test(arguments: [
        jsonPatch, strategicPatch,
        strategicPatch.replacing("patches:\n- patch: |", with: "patchesStrategicMerge:\n- |"),
    ])
    func `what an own patch sets is found by its name, and is not pulled if images replace it`(_ patch: String) {
        let replaced = tree("w:1", "images: [{name: quay.io/a/p, newTag: '2'}]\n" + patch)
        #expect(replaced.pulled == ["w:1", "quay.io/a/p:2"] && replaced.named == ["quay.io/a/p:1"])
        let other = tree("w:1", "images: [{name: quay.io/a, newTag: '2'}]\n" + patch)
        #expect(other.pulled == ["w:1", "quay.io/a:2", "quay.io/a/p:1"] && other.named == [])
        // Own images replace nothing that a transformer sets later.
        let transformer =
            "transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  patch: |-\n"
            + "    - {op: replace, path: /spec/containers/0/image, value: \"quay.io/a/p:1\"}\n"
        #expect(tree("w:1", "images: [{name: quay.io/a/p, newTag: '2'}]\n" + transformer).named == [])
    }

    @Test(arguments: [
        ("kustomize.toolkit.fluxcd.io/v1", "", "images: [{name: quay.io/a/p, newTag: '2'}]\n"),
        ("argoproj.io/v1alpha1", "source: {kustomize: ", "images: [quay.io/a/p:2]\n"),
        ("helm.toolkit.fluxcd.io/v2", "postRenderers: [{kustomize: ", "images: [{name: quay.io/a/p, newTag: '2'}]\n"),
    ])
    func `Flux and Argo CD apply images after patches`(_ api: String, _ outer: String, _ images: String) {
        let patch = #"[{"op":"replace","path":"/spec/containers/0/image","value":"quay.io/a/p:1"}]"#
        let closing = String(outer.reversed().compactMap { $0 == "{" ? "}" : $0 == "[" ? "]" : nil })
        let spec = "{" + outer + "{" + images.dropLast() + ", patches: [{patch: '\(patch)'}]}" + closing + "}"
        let text = "apiVersion: \(api)\nkind: A\nspec: " + (outer.isEmpty ? String(spec.dropFirst().dropLast()) : spec)
        let tree = Tree(["k.yaml": text + "\n"])
        #expect(tree.pulled == ["quay.io/a/p:2"] && tree.named == ["quay.io/a/p:1"])
    }

    @Test func `what a patch compares is not pulled`() {
        let patch = Self.jsonPatch.replacing("{op: replace", with: "{op: test")
        #expect(tree("w:1", patch).pulled == ["w:1"])
        #expect(tree("w:1", Self.jsonPatch).pulled == ["w:1", "quay.io/a/p:1"])
    }

    @Test func `a chart's value keeps the name by which images beside it find it, and is still listed`() {
        let values = "image: {repository: quay.io/a/p, tag: '1'}"
        let images = "images: [{name: quay.io/a/p, newTag: '2'}]"
        let release =
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values: {\(values)}\n"
            + "  postRenderers: [{kustomize: {\(images)}}]\n"
        let inline = "helmCharts: [{name: x, valuesInline: {\(values)}}]\n\(images)\n"
        let inFile = ["kustomization.yaml": "helmCharts: [{name: x, valuesFile: values-x.yaml}]\n\(images)\n"]
        let trees = [
            Tree(["r.yaml": release]), Tree(["kustomization.yaml": inline]),
            Tree(inFile.merging(["values-x.yaml": values + "\n"]) { $1 }),
        ]
        for tree in trees {
            #expect(tree.pulled.sorted() == ["quay.io/a/p:1", "quay.io/a/p:2"])
            #expect(tree.named.count == 1)
        }
        #expect(Tree(["r.yaml": release.replacing("name: quay", with: "name: x/quay")]).named == [])
    }

    @Test(arguments: [
        ("v1", "Pod", "initContainers: [{image: s:1}]", true),
        ("x.io/v1", "X", "a: {containers: [{image: s:1}]}", true),
        ("v1", "Pod", "volumes: [{name: v, image: {reference: s:1}}]", true),
        ("v1", "Pod", "ephemeralContainers: [{image: s:1}]", false),
        ("monitoring.coreos.com/v1", "Prometheus", "image: s:1", false),
        ("tekton.dev/v1", "Task", "steps: [{image: s:1}]", false),
        ("argoproj.io/v1alpha1", "Workflow", "templates: [{container: {image: s:1}}]", false),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", "values: {image: s:1}", false),
    ])
    func `images replace what containers and image volumes name, and no other field`(
        _ api: String, _ kind: String, _ spec: String, _ isReplaced: Bool
    ) {
        let resource = "apiVersion: \(api)\nkind: \(kind)\nspec: {\(spec)}\n"
        let images = Self.header + "resources: [r.yaml]\nimages: [{name: s, newTag: '2'}]\n"
        let tree = Tree(["kustomization.yaml": images, "r.yaml": resource])
        #expect(tree.pulled == (isReplaced ? ["s:2"] : ["s:2", "s:1"]))
        #expect(tree.named == (isReplaced ? ["s:1"] : []))
        let fields =
            Self.transformer.replacing("nginx", with: "s") + "fieldSpecs: [{path: spec/image, kind: \(kind)}]\n"
        let transformed = Tree([
            "kustomization.yaml": Self.header + "resources: [r.yaml]\ntransformers: [t.yaml]\n", "t.yaml": fields,
            "r.yaml": resource,
        ])
        #expect(transformed.named == ["s:1"])
    }

    @Test func `a file of configurations names fields of its kinds`() throws {
        let configuration = "images: [{path: spec/image, kind: Prometheus}, {path: spec/containers/image}]\n"
        let nearby = NearbyFiles(name: "kustomization.yaml", read: { $0 == "c.yaml" ? Array(configuration.utf8) : nil })
        let text = "configurations: [c.yaml]\n"
        let result = FileScanner().scan(Array(text.utf8), kind: .kustomization, in: nearby)
        #expect(result.imageFields.map(\.kind) == ["Prometheus"])
    }

    @Test(arguments: [
        ("nginx", "docker.io/library/nginx:1", false), ("docker.io/library/nginx", "nginx:1", false),
        ("a/b", "docker.io/a/b:1", false), ("docker.io/a/b", "docker.io/a/b:1", true), ("nginx", "nginx", true),
        ("nginx:1", "nginx:1", true), ("nginx:1", "nginx:2", false),
    ])
    func `images compare names as they are written`(_ name: String, _ image: String, _ isFound: Bool) {
        let tree = tree(image, "images: [{name: '\(name)', newName: quay.io/a/n, newTag: '2'}]\n")
        #expect(tree.pulled == (isFound ? ["quay.io/a/n:2"] : [image, "quay.io/a/n:2"]))
        #expect(tree.named == (isFound ? [image] : []))
    }

    // MARK: - Transformers

    private static let transformer = """
        apiVersion: builtin
        kind: ImageTagTransformer
        metadata: {name: t}
        imageTag:
          name: nginx
          newName: quay.io/a/nginx
          newTag: "2"

        """

    @Test func `a transformer sets images as images do, as a file, in a folder and inline`() {
        let inline = Self.transformer.split(separator: "\n").map { "  " + $0 + "\n" }.joined()
        let trees = [
            tree("nginx:1", "transformers: [t.yaml]\n", ["over/t.yaml": Self.transformer]),
            tree(
                "nginx:1", "transformers: [../t]\n",
                ["t/kustomization.yaml": Self.header + "resources: [t.yaml]\n", "t/t.yaml": Self.transformer]),
            tree("nginx:1", "transformers:\n- |-\n" + inline),
        ]
        for tree in trees {
            #expect(tree.pulled == ["quay.io/a/nginx:2"])
            #expect(tree.named == ["nginx:1"])
        }
    }

    @Test func `a transformer in a list works on what images and those before it have left`() {
        func transformer(_ tag: String) -> String {
            Self.transformer.replacing("  newName: quay.io/a/nginx\n", with: "").replacing("\"2\"", with: tag)
        }
        let others = ["over/a.yaml": transformer("a"), "over/b.yaml": transformer("b")]
        let tree = tree("nginx:1", "images: [{name: nginx, newTag: x}]\ntransformers: [b.yaml, a.yaml]\n", others)
        #expect(tree.pulled == ["nginx:a"])
        // Under another name what comes later would not find them.
        #expect(tree.named == ["nginx:1", "nginx", "nginx"])
    }

    @Test func `an inline transformer takes a new name where its text stands`() throws {
        let text =
            "transformers:\n- |-\n  apiVersion: builtin\n  kind: ImageTagTransformer\n  imageTag:\n    name: n\n    newTag: a\n"
        let part = try #require(scanned(text, as: "kustomization.yaml").findings.first?.parts.first)
        #expect(part.insertion?.before == "\n    newName: ")
    }

    @Test func `generators and patches of kustomize itself are read, and files of values that they name`() {
        let chart = "apiVersion: builtin\nkind: HelmChartInflationGenerator\nname: y\nadditionalValuesFiles: [v.yaml]\n"
        #expect(scanned(chart).followUps == [FollowUp(path: "v.yaml", kind: .values(of: "y"))])
        #expect(references(chart + "valuesInline: {image: {repository: quay.io/a/g, tag: '1'}}\n") == ["quay.io/a/g:1"])
        let patch = """
            apiVersion: builtin
            kind: PatchTransformer
            patch: |-
              - op: add
                path: /spec/containers/-
                value: {name: s, image: "quay.io/a/pt:1"}
            """
        #expect(references(patch) == ["quay.io/a/pt:1"])
        let inline = "generators:\n- |-\n" + chart.split(separator: "\n").map { "  " + $0 + "\n" }.joined()
        #expect(
            scanned(inline, as: "kustomization.yaml").followUps == [FollowUp(path: "v.yaml", kind: .values(of: "y"))])
    }

    // MARK: - Replacements

    @Test func `a replaced part leaves an image open, and the one of the base as it is`() {
        let field = "spec.containers.0.image"
        let tree = tree("quay.io/a/s:1", replacement("{kind: Pod}", of: field))
        #expect(tree.pulled == ["quay.io/a/s:1", "?data.reg"])
        #expect(tree.ofReplacedParts == ["quay.io/a/s:1"])
        #expect(self.tree("a:1", replacement("{kind: 'P.*'}", of: field)).ofReplacedParts == ["a:1"])
        for other in [
            replacement("{kind: Job}", of: field), replacement("{kind: Pod, name: x}", of: field),
            replacement("{kind: Pod}", of: "metadata.name"),
            replacement("{kind: Pod}", of: field, options: "{create: true}"),
        ] { #expect(self.tree("a:1", other).ofReplacedParts == []) }
    }

    @Test(arguments: [
        ("[name=a]", "data.img", "{kind: Pod}", ["b:1", "quay.io/a/s:1"]),
        ("'*'", "data.img", "{kind: Pod}", ["quay.io/a/s:1"]),
        ("[name=a]", "data.img", "{kind: Pod, name: q}", ["a:1", "b:1", "quay.io/a/s:1"]),
        ("0", "data.img", "{kind: Pod}", ["a:1", "b:1", "quay.io/a/s:1"]),
        ("[name=a]", "data.img", "{kind: Pod, labelSelector: x=y}", ["a:1", "b:1", "quay.io/a/s:1"]),
        ("[name=a]", "data.other", "{kind: Pod}", ["b:1", "?data.other"]),
        ("[name=a]", "data.SOME_IMAGE", "{kind: Pod}", ["b:1"]),
    ])
    func `an image that is replaced as a whole is not pulled, and a literal that takes its place is`(
        _ item: String, _ source: String, _ select: String, _ pulled: [String]
    ) {
        let field = item == "'*'" ? "'spec.containers.*.image'" : "'spec.containers.\(item).image'"
        let replacements =
            "replacements: [{source: {kind: ConfigMap, name: c, fieldPath: \(source)}, "
            + "targets: [{select: \(select), fieldPaths: [\(field)]}]}]\n"
        let pod =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
            + "spec: {containers: [{name: a, image: 'a:1'}, {name: b, image: 'b:1'}]}\n"
        let tree = Tree([
            "kustomization.yaml":
                "resources: [p.yaml]\nconfigMapGenerator: [{name: c, literals: [img=quay.io/a/s:1]}]\n"
                + replacements, "p.yaml": pod,
        ])
        #expect(Set(tree.pulled) == Set(pulled))
    }

    /// A pod with an image in a variable, a ConfigMap, and a list of replacements with one item.
    private func tree(from source: String, to target: String) -> Tree {
        let pod =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: 'a:1', "
            + "env: [{name: S_IMAGE, value: 'q.io/s:1'}, {name: T_IMAGE, value: 'q.io/t:1'}]}]}\n"
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {M_IMAGE: 'q.io/m:1'}\n"
        return Tree([
            "kustomization.yaml":
                "resources: [p.yaml, m.yaml]\nconfigMapGenerator: [{name: c, literals: [img=q.io/l:1, L_IMAGE=q.io/k:1]}]\n"
                + "replacements: [{source: {\(source)}, targets: [{\(target)}]}]\n", "p.yaml": pod, "m.yaml": map,
        ])
    }

    @Test(arguments: [
        ("[name=a]", "S_IMAGE", ["q.io/l:1", "q.io/t:1"]),
        ("[name=b]", "S_IMAGE", ["q.io/l:1", "q.io/s:1", "q.io/t:1"]),
        ("[name=a]", "OTHER", ["q.io/s:1", "q.io/t:1"]), ("0", "S_IMAGE", ["q.io/l:1", "q.io/s:1", "q.io/t:1"]),
    ])
    func `a variable that is replaced as a whole is not pulled, and what takes its place is`(
        _ container: String, _ variable: String, _ pulled: [String]
    ) {
        let tree = tree(
            from: "kind: ConfigMap, name: c, fieldPath: data.img",
            to: "select: {kind: Pod}, fieldPaths: ['spec.containers.\(container).env.[name=\(variable)].value']")
        #expect(Set(tree.pulled) == Set(pulled + ["a:1", "q.io/k:1", "q.io/m:1"]))
    }

    @Test(arguments: [
        ("", "spec.containers.[name=a].env.[name=S_IMAGE].value", ["q.io/s:1", "q.io/t:1"]),
        ("", "spec.containers.0.args.1", ["q.io/s:1", "q.io/t:1"]),
        ("kind: ConfigMap, name: m, fieldPath: data.M_IMAGE", "metadata.name", ["q.io/m:1"]),
        ("kind: Pod, fieldPath: 'spec.containers.0.image'", "metadata.name", ["a:1"]),
    ])
    func `images stay of which a replacement takes a part, or replaces one`(
        _ source: String, _ field: String, _ kept: [String]
    ) {
        let options = "options: {delimiter: ':', index: 1}"
        let tree = tree(
            from: source.isEmpty ? "kind: ConfigMap, name: c, fieldPath: data.img" : "\(source), \(options)",
            to: "select: {kind: Pod}, fieldPaths: ['\(field)']" + (source.isEmpty ? ", \(options)" : ""))
        #expect(tree.ofReplacedParts == kept)
    }

    @Test func `a literal of which a replacement takes a part stays`() {
        let tree = tree(
            from: "kind: ConfigMap, name: c, fieldPath: data.L_IMAGE, options: {delimiter: '/'}",
            to: "select: {kind: Pod}, fieldPaths: [metadata.name]")
        #expect(tree.results.flatMap(\.result.findings).filter { $0.advice != nil }.map(\.text) == ["q.io/k:1"])
    }

    @Test func `replacements may stand in a file of their own, and in a transformer`() {
        let file =
            "- source: {kind: ConfigMap, name: c, fieldPath: data.t}\n  targets:\n  - select: {kind: Pod}\n"
            + "    fieldPaths: [image]\n    options: {delimiter: ':', index: 1}\n"
        let nearby = NearbyFiles(name: "kustomization.yaml", read: { $0 == "r.yaml" ? Array(file.utf8) : nil })
        let text = "replacements:\n- path: r.yaml\n"
        let found = FileScanner().scan(Array(text.utf8), kind: .kustomization, in: nearby).findings
        #expect(found.map(\.text) == ["r.yaml"] && found.map(\.unresolved) == ["data.t"])
        let transformer =
            "apiVersion: builtin\nkind: ReplacementTransformer\n"
            + replacement("{kind: Pod}", of: "spec.containers.0.image")
        #expect(
            tree("a:1", "transformers: [t.yaml]\n", ["over/t.yaml": transformer]).ofReplacedParts == ["a:1"])
    }
}
