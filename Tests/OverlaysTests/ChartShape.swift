// SPDX-License-Identifier: Apache-2.0

import Testing

/// A chart's values, and for each of its images the expression that makes it.
struct Chart {
    var values = ""
    var templates: [String] = []

    init(values: String, templates: [String]) {
        self.values = values
        self.templates = templates
    }

    /// Shapes below keys of their own; those that need the top of the values have it once.
    init(mixing shapes: [ChartShape], _ words: inout RandomWords) {
        var hasTop = false
        for (number, shape) in shapes.enumerated() where !shape.needsTop || !hasTop {
            let chart = shape.chart(words)
            _ = words.number(0...1 << 20)
            if shape.needsTop {
                hasTop = true
                values = chart.values + values
                templates += chart.templates
            } else {
                let key = "part\(number)"
                values += "\(key):\n" + chart.values.split(separator: "\n").map { "  \($0)\n" }.joined()
                templates += chart.templates.map { $0.replacing(".Values.", with: ".Values.\(key).") }
            }
        }
    }
}

/// A way in which charts keep the parts of an image apart.
struct ChartShape: Sendable, CustomTestStringConvertible {
    let name: String
    /// Its keys stand at the top of the values, where others share them.
    var needsTop = false
    /// `#R` registry, `#P` path, `#W` one word, `#T` tag as YAML, `#V` tag, `#H` hexadecimal digits: each time another one.
    private let values: String
    private let templates: [String]

    var testDescription: String { name }

    init(_ name: String, _ values: String, _ templates: [String], needsTop: Bool = false) {
        self.name = name
        self.values = values
        self.templates = templates
        self.needsTop = needsTop
    }

    func chart(_ words: RandomWords) -> Chart {
        var words = words
        var text = ""
        var rest = values[...]
        while let mark = rest.firstIndex(of: "#") {
            text += rest[..<mark] + words.word(for: rest[rest.index(after: mark)])
            rest = rest[rest.index(mark, offsetBy: 2)...]
        }
        return Chart(values: text + rest, templates: templates)
    }

    /// The registry of all images counts before an image's own.
    private static let registry = "{{ .Global.imageRegistry | default .Values.image.registry }}"
    private static let behindHub =
        "{{ if contains \"/\" .Values.IMAGE }}{{ .Values.IMAGE }}{{ else }}"
        + "{{ .Values.hub }}/{{ .Values.IMAGE }}:{{ .Values.tag }}{{ end }}"
    private static let behindGlobalHub =
        "{{ if contains \"/\" .Values.IMAGE }}{{ .Values.IMAGE }}{{ else }}"
        + "{{ .Values.global.hub }}/{{ .Values.IMAGE }}:{{ .Values.TAG | default .Values.global.tag }}{{ end }}"

    static let all: [ChartShape] = [
        ChartShape(
            "repository and tag", "image:\n  repository: #R/#P\n  tag: #T\n",
            ["{{ .Values.image.repository }}:{{ .Values.image.tag }}"]),
        ChartShape(
            "registry, repository and tag", "image:\n  registry: #R\n  repository: #P\n  tag: #T\n",
            [registry + "/{{ .Values.image.repository }}:{{ .Values.image.tag }}"]),
        ChartShape(
            "tag of the chart", "image:\n  registry: #R\n  repository: #P\n  tag: \"\"\n",
            [
                registry + "/{{ .Values.image.repository }}:"
                    + "{{ .Values.image.tag | default .Chart.AppVersion }}"
            ]),
        ChartShape(
            "digest", "image:\n  repository: #R/#P\n  tag: #T\n  digest: sha256:#H\n",
            ["{{ .Values.image.repository }}:{{ .Values.image.tag }}@{{ .Values.image.digest }}"]),
        ChartShape(
            "whole text", "image: #R/#P:#V\nsideImage: \"#R/#P:#V\"\n",
            ["{{ .Values.image }}", "{{ .Values.sideImage }}"]),
        ChartShape(
            "text and tag", "image: #R/#P\nimageTag: #T\n", ["{{ .Values.image }}:{{ .Values.imageTag }}"]),
        ChartShape(
            "repository and image", "image:\n  repository: #R/#W\n  image: #W\n  tag: #T\n",
            ["{{ .Values.image.repository }}/{{ .Values.image.image }}:{{ .Values.image.tag }}"]),
        ChartShape(
            "registry of all",
            "global:\n  imageRegistry: #R\nfirst:\n  image:\n    repository: #P\n    tag: #T\n"
                + "second:\n  image:\n    repository: #P\n    tag: #T\n",
            ["first", "second"].map {
                "{{ .Values.global.imageRegistry }}/{{ .Values.\($0).image.repository }}:{{ .Values.\($0).image.tag }}"
            }, needsTop: true),
        ChartShape(
            "hub", "hub: #R/#W\ntag: #T\nimage: #W\n", [behindHub.replacing("IMAGE", with: "image")], needsTop: true),
        ChartShape(
            "hub of several", "hub: #R/#W\ntag: #T\nimage: #W\nother:\n  image: #W\nwhole:\n  image: #R/#P\n",
            ["image", "other.image", "whole.image"].map { behindHub.replacing("IMAGE", with: $0) }, needsTop: true),
        ChartShape(
            "hub of all", "image: #W\ntag: \"\"\nglobal:\n  hub: #R/#W\n  tag: #T\n  proxy:\n    image: #W\n",
            [
                behindGlobalHub.replacing("IMAGE", with: "image").replacing("TAG", with: "tag"),
                behindGlobalHub.replacing("IMAGE", with: "global.proxy.image").replacing("TAG", with: "global.none"),
            ], needsTop: true),
    ]
}

/// The same words for the same seed.
struct RandomWords: Sendable {
    private var state: UInt64
    /// Some images are where the copies are, and some can have no copy there, for a port in their names.
    private let hasAll: Bool

    init(seed: UInt64, hasAll: Bool = false) {
        state = seed &* 2 &+ 1
        self.hasAll = hasAll
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[number(0...list.count - 1)] }

    mutating func word(for kind: Character) -> String {
        switch kind {
        case "R": pick(["docker.io", "quay.io"] + (hasAll ? ["registry.example.com:5000", "r.example"] : []))
        case "P": pick(["acme/web", "web", "a/b/c", "acme/proxyv2"])
        case "W": pick(["agent", "sidecar", "release", "proxyv2"])
        case "V": pick(["v1", "1.2", "1.10"])
        case "T": pick(["v1", "\"1.2\"", "1.10", "2.0", "'3'"])
        default: String(repeating: pick(["1", "a", "f"]), count: 64)
        }
    }
}
