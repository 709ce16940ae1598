// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Where a template says what a chart's values come to, what they seem to say by their shape is no image.
@Suite struct ChartUseTests {
    private static let chart = "apiVersion: v2\nname: a\nversion: 1.0.0\nappVersion: \"9\"\n"

    /// What the values hold once all templates were read.
    private func found(
        _ values: String, _ templates: String..., helpers: String = "", around: [String: String] = [:]
    ) -> [String] {
        findings(values, templates, helpers: helpers, around: around).compactMap { $0.reference?.asTyped }
    }

    private func findings(
        _ values: String, _ templates: [String], helpers: String = "", around: [String: String] = [:]
    ) -> [Finding] {
        let own = ["../Chart.yaml": Self.chart, "../values.yaml": values, "_h.tpl": helpers]
        let files = own.merging(around) { $1 }.mapValues { Array($0.utf8) }
        let nearby = NearbyFiles(name: "p.yaml", names: { $0.isEmpty ? ["_h.tpl"] : [] }, read: { path in files[path] })
        var uses: ChartUses?
        for image in templates {
            let result = FileScanner().scan(Array(pod("\"\(image)\"").utf8), kind: .yaml, in: nearby)
            for followUp in result.followUps {
                guard case .chartValues(let own) = followUp.kind else { continue }
                uses = uses?.merging(own) ?? own
            }
        }
        let followed = uses.map { FollowUp.Kind.chartValues($0) }
        return FileScanner().scan(Array(values.utf8), kind: .helmValues, followed: followed).findings
    }

    private let values = "image:\n  repository: acme/s\n  tag: \"1.0\"\n"

    @Test func `a template has the last word`() {
        #expect(found(values, "{{ .Values.image.repository }}:v{{ .Values.image.tag }}") == ["acme/s:v1.0"])
        #expect(
            found(values, "quay.io/{{ .Values.image.repository }}:{{ .Values.image.tag }}") == ["quay.io/acme/s:1.0"])
        let global =
            "global:\n  imageRegistry: quay.io\nimage:\n  registry: docker.io\n  repository: acme/g\n  tag: \"1\"\n"
        #expect(
            found(global, "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}")
                == ["docker.io/acme/g:1"])
        let named = "image:\n  repository: ghcr.io/acme\n  name: m\n  tag: \"1\"\n"
        #expect(found(named) == [])
        #expect(found(named.replacing("acme", with: "acme/m")) == ["ghcr.io/acme/m:1"])
        #expect(
            found(named, "{{ .Values.image.repository }}/{{ .Values.image.name }}:{{ .Values.image.tag }}")
                == ["ghcr.io/acme/m:1"])
        let open = "{{ .Values.image.repository }}/{{ .Values.image.name }}@{{ .Values.image.digest }}"
        let joined = "{{ .Values.image.repository }}/{{ .Values.image.name }}:{{ .Values.image.tag }}"
        #expect(findings(named, [open, joined]).map { $0.reference?.asTyped } == ["ghcr.io/acme/m:1"])
    }

    @Test func `a common registry is in front of an image only if its template says so`() {
        let global = "global: {image: {registry: docker.io}}\n"
        let own = global + "tool: {image: {repository: acme/t, tag: \"1\"}}\n"
        let plain = findings(own, ["{{ .Values.tool.image.repository }}:{{ .Values.tool.image.tag }}"])
        #expect(plain.filter { $0.text == "acme/t" }.map { $0.parts.map(\.field) } == [[.name, .tag]])
        let untagged = global + "tool: {image: {registry: r.example, repository: acme/t, tag: null}}\n"
        let unknown = findings(
            untagged,
            ["{{ .Values.tool.image.registry }}/{{ .Values.tool.image.repository }}:{{ .Values.tool.image.tag }}"])
        #expect(unknown.allSatisfy { $0.reference == nil && $0.parts.isEmpty })
    }

    @Test func `a registry stays if an image that nobody knows is behind it, too`() {
        let values = "global: {image: {registry: docker.io}}\ntool: {image: {repository: acme/t, tag: \"1\"}}\n"
        let tool =
            "{{ .Values.global.image.registry }}/{{ .Values.tool.image.repository }}:{{ .Values.tool.image.tag }}"
        let other = "{{ .Values.global.image.registry }}/kubectl:{{ .Capabilities.KubeVersion.Version }}"
        let found = findings(values, [tool, other]).filter { $0.text == "acme/t" }
        #expect(found.map { $0.reference?.asTyped } == ["docker.io/acme/t:1"])
        #expect(found.allSatisfy(\.parts.isEmpty) && found.first?.deciders.isEmpty == false)
        let alone = findings(values, [tool]).first { $0.text == "acme/t" }
        #expect(alone?.parts.map(\.field) == [.registry, .repository, .tag])
    }

    @Test func `an image's name that a template hands on without its tag is no other image`() {
        let values = "sidecar: {image: ghcr.io/a/b, imageTag: v2}\n"
        let found = findings(values, ["{{ .Values.sidecar.image }}"])
        #expect(found.map { $0.reference?.asTyped } == ["ghcr.io/a/b:v2"])
    }

    @Test func `what another template takes as it stands, or nobody knows how, stays besides`() {
        let made = "{{ .Values.image.repository }}:v{{ .Values.image.tag }}"
        let plain = "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        #expect(Set(found(values, made, plain)) == ["acme/s:v1.0", "acme/s:1.0"])
        let open = "{{ .Values.image.repository }}:{{ .Release.Name }}"
        #expect(Set(found(values, made, open)) == ["acme/s:v1.0", "acme/s:1.0"])
        #expect(found(values) == ["acme/s:1.0"])
    }

    @Test func `a name that a template which cannot be read may put behind something is open`() {
        #expect(found(values, "{{ printf \"quay.io/%s:1\" (.Values.image.repository | snakecase) }}") == [])
        #expect(found(values, "{{ .Values.image.repository }}:{{ .Release.Name }}") == ["acme/s:1.0"])
        let whole = "image:\n  repository: ghcr.io/acme/s\n  tag: \"1.0\"\n"
        #expect(found(whole, "{{ include \"x\" .Values.image.repository }}") == ["ghcr.io/acme/s:1.0"])
        let list = "cs:\n- image: {repository: acme/app, tag: \"1\"}\n"
        let loop = "{{ range .Values.cs }}quay.io/{{ .image.repository }}:1{{ end }}"
        #expect(found(list, loop) == [])
        #expect(found(values, "{{ list \"quay.io\" .Values.image.repository | join \"/\" }}:1") == ["quay.io/acme/s:1"])
    }

    @Test func `a name that a template gets from whoever includes it, and puts behind something, is open`() {
        let values =
            "ws:\n  a:\n    image: {repository: acme/app, tag: \"1\"}\n  b: {image: {repository: quay.io/x/y, tag: \"1\"}}\n"
        #expect(found(values, "quay.io/{{ .w.image.repository }}:{{ .w.image.tag }}") == ["quay.io/x/y:1"])
        #expect(found(values, "{{ $host }}/{{ $image.repository }}:1") == ["quay.io/x/y:1"])
        #expect(found(values, "{{ .w.image.repository }}:{{ .w.image.tag }}") == ["acme/app:1", "quay.io/x/y:1"])
        let first =
            "{{ ((.override).repository) | default .w.image.repository }}:{{ .w.image.tag | default $.Chart.AppVersion }}"
        #expect(found(values, first) == ["acme/app:1", "quay.io/x/y:1"])
        // What another template takes as it stands is known.
        let plain = "{{ .Values.ws.a.image.repository }}:{{ .Values.ws.a.image.tag }}"
        #expect(found(values, "quay.io/{{ .w.image.repository }}:1", plain) == ["acme/app:1", "quay.io/x/y:1"])
    }

    @Test(arguments: [
        ("redis:\n  image: {registry: ghcr.io}\n", "redis"),
        ("cache: {image: {registry: ghcr.io}}\n", "redis, alias: cache"),
        ("redis: {image: {repository: other/redis}}\n", "redis"), ("global: {imageRegistry: ghcr.io}\n", "redis"),
    ]) func `an image of which a parent chart says a part is open`(parent: String, dependency: String) {
        let own = "image:\n  registry: quay.io\n  repository: acme/redis\n  tag: \"1\"\n"
        let image = "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        let list = "dependencies:\n- {name: \(dependency)}\n"
        let chart = "apiVersion: v2\nname: p\nversion: 1.0.0\n"
        var around = ["../Chart.yaml": "apiVersion: v2\nname: redis\nversion: 1.0.0\n"]
        around["../../../Chart.yaml"] = chart + list
        #expect(found(own, image, around: around) == ["quay.io/acme/redis:1"])
        around["../../../values.yaml"] = parent
        #expect(found(own, image, around: around) == [])
        // Charts of Helm's first versions have a file of their own for it.
        (around["../../../Chart.yaml"], around["../../../requirements.yaml"]) = (chart, list)
        #expect(found(own, image, around: around) == [])
    }

    @Test(arguments: ["mid: {redis: {image: {registry: ghcr.io}}}\n", "global: {imageRegistry: ghcr.io}\n"])
    func `a chart above the parent says a part of an image, too`(top: String) {
        func chart(_ name: String, _ dependency: String) -> String {
            "apiVersion: v2\nname: \(name)\nversion: 1.0.0\ndependencies:\n- {name: \(dependency)}\n"
        }
        let own = "image:\n  registry: quay.io\n  repository: acme/redis\n  tag: \"1\"\n"
        let image = "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        var around = ["../Chart.yaml": chart("redis", "other"), "../../../Chart.yaml": chart("mid", "redis")]
        around["../../../../../Chart.yaml"] = chart("top", "mid")
        #expect(found(own, image, around: around) == ["quay.io/acme/redis:1"])
        around["../../../../../values.yaml"] = top
        #expect(found(own, image, around: around) == [])
    }

    /// What values beside a chart's own or in its parent's hold, once a template of the chart was read.
    private func found(
        _ template: String, of own: String, beside: String, parent: String
    ) -> [String: [String?]] {
        let files = [
            "../Chart.yaml": "apiVersion: v2\nname: redis\nversion: 1.0.0\n", "../values.yaml": own,
            "../../../Chart.yaml": "apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies: [{name: redis}]\n",
            "../values-prod.yaml": beside, "../../../values.yaml": parent,
        ]
        let nearby = NearbyFiles(
            names: { $0 == "../" ? ["notes.yaml", "values-prod.yaml", "values.yaml"] : [] },
            read: { files[$0].map { Array($0.utf8) } })
        let result = FileScanner().scan(Array(pod("\"\(template)\"").utf8), kind: .yaml, in: nearby)
        return result.followUps.reduce(into: [:]) { found, followUp in
            let bytes = Array((files[followUp.path] ?? "").utf8)
            let scanned = FileScanner().scan(bytes, kind: .helmValues, followed: followUp.kind)
            found[followUp.path] = scanned.findings.map { $0.reference?.asTyped }
        }
    }

    @Test func `what a template that cannot be read takes is open in the values that lie over the chart's, too`() {
        let found = found(
            "quay.io/{{ .Values.image | snakecase }}", of: "image: acme/redis:1\n",
            beside: "image: other/x:2\n", parent: "redis: {image: other/redis:3}\nimage: acme/p:1\n")
        #expect(found["../values-prod.yaml"] == [nil])
        #expect(found["../../../values.yaml"] == [nil, "acme/p:1"])
    }

    @Test func `a name in other values of a chart is behind the registry of its own ones`() {
        func found(over values: String) -> [String] {
            let files = ["Chart.yaml": Self.chart, "values.yaml": values].mapValues { Array($0.utf8) }
            let nearby = NearbyFiles(name: "values-prod.yaml", read: { files[$0] })
            let other = "image: {repository: other/x, tag: \"2\"}\n"
            return FileScanner().scan(Array(other.utf8), kind: .helmValues, in: nearby).findings.compactMap {
                $0.reference?.asTyped
            }
        }
        #expect(found(over: "image: {registry: \"\", repository: acme/s}\n") == ["other/x:2"])
        #expect(found(over: "image: {registry: quay.io, repository: acme/s}\n") == [])
        #expect(found(over: "global: {imageRegistry: quay.io}\nimage: {repository: acme/s}\n") == [])
    }

    @Test func `a registry of all images stays if other values name an image without one`() {
        func shared(_ other: String) -> Set<String> {
            let values = Array("global: {imageRegistry: quay.io}\nui: {image: {repository: ui, tag: v1}}\n".utf8)
            let files = ["Chart.yaml": Self.chart, "values-prod.yaml": other].mapValues { Array($0.utf8) }
            let nearby = NearbyFiles(
                name: "values.yaml", names: { $0.isEmpty ? ["values-prod.yaml"] : [] }, read: { files[$0] })
            return Set(
                FileScanner().scan(values, kind: .helmValues, in: nearby).shared.map {
                    String(decoding: values[$0.range], as: UTF8.self)
                })
        }
        #expect(shared("ui: {image: {repository: pro, tag: v3}}\n").contains("quay.io"))
        #expect(shared("ui: {image: {tag: v3}}\n") == [])
    }

    @Test func `a value that a template fills in is read for what it puts before others`() {
        let template = "{{ tpl .Values.made . }}"
        #expect(found(values + "made: \"quay.io/{{ .Values.image.repository }}:1\"\n", template) == [])
        #expect(found(values + "made: \"{{ .Values.image.repository }}:1\"\n", template) == ["acme/s:1.0"])
    }

    @Test(arguments: [
        "docker.io/{{ .Values.image.repository }}:{{ .Values.image.tag }}",
        "{{ .Values.none | default \"docker.io\" }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}",
        "{{ .Values.front }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}",
    ]) func `the same image behind something of the template is no whole name`(template: String) {
        let found = findings(values + "front: docker.io\n", [template])
        #expect(found.count == 1)
        #expect(!found.flatMap(\.parts).contains { [.name, .reference].contains($0.field) })
        let plain = findings(values, ["{{ .Values.image.repository }}:{{ .Values.image.tag }}"])
        #expect(plain.flatMap(\.parts).contains { $0.field == .name })
    }

    @Test func `what stands behind something of a template does so in the values that lie over the chart's, too`() {
        let found = found(
            "quay.io/{{ .Values.image.repository }}:1", of: values,
            beside: "image: {repository: other/x, tag: \"2\"}\n", parent: "redis: {image: {tag: \"3\"}}\n")
        #expect(found["../values-prod.yaml"] == [nil])
    }

    @Test func `an image in a definition is found`() {
        let helper =
            "{{ define \"pod\" }}\n- image: docker.io/library/busybox:1.36\n- image: quay.io/{{ .Values.x }}\n{{ end }}"
        let chart = NearbyFiles(read: { $0 == "../Chart.yaml" ? Array(Self.chart.utf8) : nil })
        #expect(FileKind(path: "charts/a/templates/_pod.tpl") == .chartHelper && FileKind(path: "a/_pod.tpl") == nil)
        let result = FileScanner().scan(Array(helper.utf8), kind: .chartHelper, in: chart)
        #expect(result.findings.map { $0.reference?.asTyped } == ["docker.io/library/busybox:1.36", nil])
        #expect(FileScanner().scan(Array(helper.utf8), kind: .chartHelper).findings.isEmpty)
    }

    /// What the values hold once a partial was read.
    private func found(_ values: String, partial: String, helpers: String = "") -> [String?] {
        let files = ["../Chart.yaml": Self.chart, "../values.yaml": values, "_p.tpl": partial, "_h.tpl": helpers]
            .mapValues { Array($0.utf8) }
        let nearby = NearbyFiles(
            name: "_p.tpl", names: { $0.isEmpty ? ["_h.tpl", "_p.tpl"] : [] }, read: { path in files[path] })
        let result = FileScanner().scan(Array(partial.utf8), kind: .chartHelper, in: nearby)
        let followed = result.followUps.first.map(\.kind)
        return
            (FileScanner().scan(Array(values.utf8), kind: .helmValues, followed: followed).findings + result.findings)
            .map { $0.reference?.asTyped }
    }

    @Test(arguments: [
        "SIDE_IMAGE: \"{{ .Values.registry }}/{{ .Values.side.image }}\"",
        "side-image: {{ include \"url\" . | quote }} # x", "- name: SIDE_IMAGE\n  value: {{ include \"url\" . }}",
    ])
    func `a setting in a partial says what the values come to`(_ line: String) {
        let helpers = "{{ define \"url\" }}{{ .Values.registry }}/{{ .Values.side.image }}{{ end }}"
        let values = "registry: docker.io\nside: {image: 'acme/side:1'}\n"
        let partial = "{{- define \"env\" }}\n\(line)\n{{- end }}\n"
        #expect(found(values, partial: partial, helpers: helpers) == ["docker.io/acme/side:1"])
        #expect(
            found(values, partial: partial.replacing("IMAGE", with: "X").replacing("-image", with: "-x")).count == 1)
        #expect(
            found("a: {pull: false}\n", partial: "{{ define \"a\" }}\npullImage: {{ .Values.a.pull }}\n{{ end }}\n")
                == [])
        let open = partial.replacing(".Values.registry", with: "lookup \"a\"")
        if open != partial { #expect(found(values, partial: open, helpers: helpers) == [nil]) }
    }

    @Test(arguments: [
        ("{{ if kindIs \"string\" .Values.image }}{{ .Values.image }}{{ else }}{{ .Values.image.repository }}:2{{ end }}"),
        ("{{ if eq (typeOf .Values.image) \"string\" }}{{ .Values.image }}{{ else }}{{ .Values.image.repository }}:2{{ end }}"),
        ("{{ if not (kindIs \"map\" .Values.image) }}{{ .Values.image }}{{ else }}{{ .Values.image.repository }}:2{{ end }}"),
    ])
    func `a template that tests the kind of a value takes the branch that it selects`(_ template: String) {
        let helpers = "{{ define \"r\" }}\(template){{ end }}"
        for image in [template, "{{ include \"r\" . }}"] {
            #expect(found("image: quay.io/a/b:1\n", image, helpers: helpers) == ["quay.io/a/b:1"])
            #expect(found("image: {repository: quay.io/a/b}\n", image, helpers: helpers) == ["quay.io/a/b:2"])
        }
    }

    @Test func `a name behind something in a branch that is not taken stays`() {
        let values = "mirror: {enabled: false, front: acme, image: x, tag: '1'}\n"
        let helpers = """
            {{ define "r" }}{{ if .Values.mirror.enabled }}{{ include "m" . }}{{ else }}docker.io/x:9{{ end }}{{ end }}
            {{ define "m" }}{{ printf "%s/%s:%s" .Values.mirror.front .Values.mirror.image .Values.mirror.tag }}{{ end }}
            """
        let open = findings(values, ["{{ include \"r\" . }}"], helpers: helpers)
        #expect(open.map(\.text) == ["x"] && open.allSatisfy { $0.reference == nil && $0.parts.isEmpty })
        // The branch that is taken uses the name alone.
        let own = helpers.replacing("docker.io/x:9", with: "{{ .Values.mirror.image }}:{{ .Values.mirror.tag }}")
        #expect(found(values, "{{ include \"r\" . }}", helpers: own) == ["x:1"])
    }

    @Test func `branches that include each other over and over are read in bounded time`() {
        let helpers = (0..<15).map { level in
            let next = "{{ include \"d\(level + 1)\" . }}"
            return "{{ define \"d\(level)\" }}{{ if .Values.a }}\(next){{ else if .Values.b }}\(next){{ else }}\(next)"
                + "{{ end }}{{ end }}\n"
        }
        let last = "{{ define \"d15\" }}quay.io/a/b:1{{ end }}"
        #expect(found("c: 1\n", "{{ include \"d0\" . }}", helpers: helpers.joined() + last) == [])
    }

    @Test func `a chart's annotations are values of its own`() {
        let template = "{{ index .Chart.Annotations \"acme/image\" }}:{{ .Values.tag }}"
        let chart = Self.chart + "annotations: {acme/image: quay.io/acme/c}\n"
        let nearby = ["../Chart.yaml": chart, "../values.yaml": "tag: '2'\n"].mapValues { Array($0.utf8) }
        let result = FileScanner().scan(
            Array(pod("'\(template)'").utf8), kind: .yaml, in: NearbyFiles(name: "p.yaml", read: { nearby[$0] }))
        let named = result.findings.map { $0.reference?.asTyped }
        #expect(named == ["quay.io/acme/c:2"])
    }

    @Test func `a mapping that is missing may be an empty one`() {
        let template =
            "{{ (.Values.c | default dict).name | default .Values.image.repository }}:{{ .Values.image.tag }}"
        #expect(found(values, template) == ["acme/s:1.0"])
    }

    @Test(arguments: [
        "a: {{ printf \"{\\\"auths\\\":{\\\"%s\\\":{}}}\" .Values.image.registry | b64enc }}",
        "a: '{\"auths\":{\"{{ .Values.image.registry }}\":{}}}'", "a: https://{{ .Values.image.registry }}/api",
        "a: {{ printf \"https://%s/v1\" .Values.image.registry }}",
    ])
    func `a registry that is the server of a login or of an address, too, must not change`(_ use: String) {
        let values = "image: {registry: quay.io, repository: acme/x, tag: '1'}\n"
        func shared(_ template: String) -> [String] {
            let files = ["templates/s.yaml": template].mapValues { Array($0.utf8) }
            let nearby = NearbyFiles(
                name: "values.yaml", names: { $0 == "templates/" ? ["s.yaml"] : [] }, read: { files[$0] })
            return FileScanner().scan(Array(values.utf8), kind: .helmValues, in: nearby).shared.map {
                String(decoding: Array(values.utf8)[$0.range], as: UTF8.self)
            }
        }
        #expect(shared(use + "\n") == ["quay.io"])
        #expect(shared("a: docker://{{ .Values.image.registry }}/{{ .Values.image.repository }}\n") == [])
        #expect(shared("a: https://x.example/{{ .Values.image.registry }}\n") == [])
    }

    @Test func `a registry that an alias gives to something else must not change`() {
        func shared(_ key: String) -> Int {
            let values = "r: &r quay.io\nimage: {registry: *r, repository: a/b, tag: '1'}\nx: {\(key): *r}\n"
            return FileScanner().scan(Array(values.utf8), kind: .helmValues).shared.count
        }
        #expect(shared("server") == 1 && shared("imageRegistry") == 0)
    }

    @Test func `containers that are one text are found`() {
        let values = "extraInitContainers: |\n  - name: x\n    image: busybox:1.36\nnotes: |\n  - image: redis:7\n"
        #expect(references(values, as: "values.yaml") == ["busybox:1.36"])
        let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n"
        let inner = values.split(separator: "\n").map { "    \($0)\n" }.joined()
        #expect(references(release + inner, as: "r.yaml") == ["busybox:1.36"])
    }

    @Test func `a name that two mappings share has the tags of both`() {
        let values = "b: &b {repository: quay.io/a/x, tag: '1'}\na: {image: *b}\nc: {image: {<<: *b, tag: '2'}}\n"
        #expect(references(values, as: "values.yaml") == ["quay.io/a/x:1", "quay.io/a/x:2"])
    }

    @Test(arguments: [
        "env: [{name: W_IMAGE, value: 'quay.io/a/w:1'}]", "extraEnvVars: [{name: W_IMAGE, value: 'quay.io/a/w:1'}]",
        "args: [--w-image=quay.io/a/w:1]", "extraArgs: [--w-image, 'quay.io/a/w:1']",
    ])
    func `variables and arguments that values give to a container are settings`(_ setting: String) {
        let values = "worker:\n  \(setting)\n"
        let inner = "        worker:\n          \(setting)\n"
        let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n"
        let texts = [
            ("values.yaml", values), ("a.yaml", application + "      valuesObject:\n" + inner),
            ("a.yaml", application + "      values: |\n" + inner),
            ("a.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n      values.yaml: |\n" + inner),
        ]
        for (name, text) in texts { #expect(references(text, as: name) == ["quay.io/a/w:1"], "\(text)") }
    }

    @Test func `an image whose name the values leave empty is none, if they do not select its branch`() {
        let values = "a: {repository: '', tag: ''}\nb: {repository: acme/b, tag: ''}\n"
        func found(_ condition: String, _ image: String) -> [String?] {
            let template = "{{- if \(condition) }}\n- image: \(image)\n{{- else }}\n- image: acme/b:9\n{{- end }}\n"
            let text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n" + template
            let files = ["../Chart.yaml": Self.chart, "../values.yaml": values].mapValues { Array($0.utf8) }
            let nearby = NearbyFiles(name: "p.yaml", read: { files[$0] })
            return FileScanner().scan(Array(text.utf8), kind: .yaml, in: nearby).findings.map { $0.reference?.asTyped }
        }
        let image = "'{{ .Values.a.repository }}:{{ .Values.a.tag }}'"
        #expect(found(".Values.a.repository", image) == ["acme/b:9"])
        #expect(found("and .Values.a.repository .Values.a.tag", image) == ["acme/b:9"])
        #expect(found("not .Values.a.repository", image) == [nil, "acme/b:9"])
        #expect(found(".Values.b.tag", "'{{ .Values.b.repository }}:{{ .Values.b.tag }}'") == ["acme/b:9"])
        #expect(found("lookup \"a\"", image) == [nil, "acme/b:9"])
        #expect(found(".Values.global.hub", "'{{ .Values.global.hub }}/b:1'") == [nil, "acme/b:9"])
        #expect(found(".Values.enabled", image) == [nil, "acme/b:9"])
    }

    @Test func `a registry may be empty`() {
        let helpers = """
            {{- define "imageUrl" -}}
            {{- $img := index . 0 -}}{{- $root := index . 1 -}}
            {{- $reg := $root.Values.registry -}}
            {{- $reg = (ternary $reg (printf "%s/" (trimSuffix "/" $reg)) (empty $reg)) -}}
            {{- if (eq (typeOf $img) "string") -}}{{- printf "%s%s" $reg (tpl $img $root) -}}
            {{- else -}}{{- printf "%s%s:%s" $reg $img.repository (coalesce $img.tag $root.Chart.AppVersion) -}}{{- end -}}
            {{- end -}}
            """
        let values = "a: acme/a:1\nb: {repository: acme/b}\n"
        for (registry, front) in [("docker.io", "docker.io/"), ("\"\"", "")] {
            for (name, image) in [("a", "acme/a:1"), ("b", "acme/b:9")] {
                let template = "{{ include \"imageUrl\" (list .Values.\(name) $) }}"
                #expect(
                    found("registry: \(registry)\n" + values, template, helpers: helpers).contains(front + image))
            }
        }
    }

    @Test(arguments: [
        "{{ printf \"%s/%s\" .Values.registry (tpl .Values.side.image .) }}",
        "{{ .Values.registry }}/{{ tpl .Values.side.image $ }}", "{{ lookup \"a\" }}/{{ tpl .Values.side.image $ }}",
    ])
    func `a name in a text that a template fills in is open behind something else`(_ template: String) {
        let values = "registry: docker.io\nside: {image: 'acme/side:{{ .Chart.AppVersion }}'}\n"
        #expect(findings(values, [template]).map(\.parts) == [[]])
        let other = "{{ .Values.registry }}/{{ .Values.main.image }}:{{ .Chart.AppVersion }}"
        let shared = findings(values + "main: {image: acme/main}\n", [template, other])
            .filter { $0.reference?.asTyped == "docker.io/acme/main:9" }
        #expect(shared.map(\.parts.isEmpty) == [!template.contains("lookup")])
        let alone = findings(values, ["{{ tpl .Values.side.image . }}"])
        #expect(alone.map { $0.parts.map(\.field) } == [[.name]])
    }

    @Test func `a helper is given several values as a list`() {
        let values = "registry: quay.io\nimage:\n  name: acme/c\n  repository: \"\"\n"
        let helpers = """
            {{- define "image" -}}
            {{- $image := index . 0 -}}
            {{- $registry := index . 1 | default "" -}}
            {{- $name := "" -}}
            {{- if $image.repository -}}
            {{- $name = $image.repository -}}
            {{- else -}}
            {{- $name = required "x" $image.name -}}
            {{- if $registry -}}{{- $name = printf "%s/%s" $registry $name -}}{{- end -}}
            {{- end -}}
            {{- $name -}}{{- if eq (len .) 3 -}}{{- last . -}}{{- end -}}
            {{- end }}
            """
        let image = "{{ template \"image\" (tuple .Values.image .Values.registry (printf \":%s\" .Chart.AppVersion)) }}"
        #expect(found(values, image, helpers: helpers) == ["quay.io/acme/c:9"])
        #expect(found(values, "{{ first (list .Values.image.name .Values.registry) }}:1") == ["acme/c:1"])
        #expect(found(values, "{{ index .Values \"image\" \"name\" }}:2") == ["acme/c:2"])
        #expect(found(values, "{{ index (list .Values.image.name) 1 }}:3") == [])
    }

    @Test func `another image that shares only a tag stays`() {
        let values = "tag: \"1\"\na:\n  repository: acme/a\nb:\n  image: {repository: acme/b, tag: \"1\"}\n"
        #expect(found(values, "quay.io/{{ .Values.a.repository }}:{{ .Values.tag }}").contains("acme/b:1"))
    }

    @Test func `a tag for a name that another file has is open, and one that a template takes is not`() {
        let chart = "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: db}\n- {name: x, alias: cache}\n"
        let values = """
            image: {tag: "1"}
            db: {image: {tag: "2"}}
            cache: {image: {tag: "3"}, extra: {image: {repository: acme/x, tag: "4"}}}
            other: {image: {tag: "5"}}

            """
        func found(_ name: String, in files: [String: String]) -> [String] {
            let around = NearbyFiles(name: name, read: { files[$0].map { Array($0.utf8) } })
            return FileScanner().scan(Array(values.utf8), kind: .helmValues, in: around).findings.map {
                $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") + " " + $0.text
            }
        }
        let files = ["Chart.yaml": chart]
        #expect(found("values.yaml", in: files) == ["?repository 2", "?repository 3", "acme/x:4"])
        let old = ["Chart.yaml": "name: a\n", "requirements.yaml": chart]
        #expect(found("values.yaml", in: old) == ["?repository 2", "?repository 3", "acme/x:4"])
        let all = ["?repository 1", "?repository 2", "?repository 3", "acme/x:4", "?repository 5"]
        #expect(found("values-prod.yaml", in: files) == all)
        #expect(found("values.yaml", in: [:]) == all)
    }

    @Test func `what tests of a chart set is pulled by nobody`() {
        let image = "image: {repository: custom.example/own, tag: \"1\"}"
        let suite = """
            suite: x
            templates: [d.yaml]
            tests:
            - it: takes it
              set:
                \(image)
                sidecars: [{name: a, containers: [{image: "acme/a:1"}]}]
              asserts:
              - equal: {path: spec.x, value: y}

            """
        #expect(references(suite, as: "tests/d_test.yaml") == [])
        #expect(references(suite, as: "tests/values_test.yaml") == [])
        #expect(references("tests: {enabled: true}\n\(image)\n", as: "values.yaml") == ["custom.example/own:1"])
        #expect(references("tests: [{x: 1}]\n\(image)\n", as: "values.yaml") == ["custom.example/own:1"])
    }

    @Test func `a number that a template takes is what Helm makes of it, and a zero in quotes is a text`() {
        let image = "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        #expect(found("image:\n  repository: acme/n\n  tag: 1.10\n", image) == ["acme/n:1.1"])
        #expect(found("image:\n  repository: acme/n\n  tag: \"0\"\n", image) == ["acme/n:0"])
        #expect(
            found("app: {name: acme/a, ver: 2.0}\n", "{{ .Values.app.name }}:{{ .Values.app.ver }}") == ["acme/a:2"])
    }
}
