// SPDX-License-Identifier: Apache-2.0

/// What a build gives to a Dockerfile: values of its ARGs, and contexts in place of images that it names.
package struct BuildArguments: Hashable, Sendable {
    /// The values by name. A name with several values means several builds.
    package private(set) var values: [String: [String]] = [:]
    /// Names that are those of contexts in this build, and of no images (docs.docker.com, "docker buildx build
    /// --build-context").
    var contexts: Set<String> = []
    /// The file that gives the values, if a file does.
    package var file: String?

    package init() {}

    /// Compares only what is given, because equal values make equal builds, whichever file gives them.
    package static func == (left: BuildArguments, right: BuildArguments) -> Bool {
        left.values == right.values && left.contexts == right.contexts
    }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(values)
        hasher.combine(contexts)
    }

    /// Whether the build gives nothing to the Dockerfile.
    package var isEmpty: Bool { values.isEmpty && contexts.isEmpty }

    /// The contexts as names that stand for no image in a Dockerfile.
    func products(in file: String) -> [BuildProduct] {
        contexts.sorted().map { .standIn($0, in: file) }
    }

    /// The most builds for which one Dockerfile is read.
    package static let combinationLimit = 256

    package mutating func add(_ name: String, _ value: String) {
        if values[name]?.contains(value) != true { values[name, default: []].append(value) }
    }

    /// These values, and the values of `others` for names that have none here.
    func laid(over others: BuildArguments) -> BuildArguments {
        var result = self
        result.values.merge(others.values) { own, _ in own }
        return result
    }

    /// Every combination of the values of `names`, at most `combinationLimit`. A name that would exceed the limit is
    /// left out.
    func combinations(of names: Set<String>) -> [[String: String]] {
        var result: [[String: String]] = [[:]]
        for name in names.sorted() {
            guard let choices = values[name], result.count * choices.count <= Self.combinationLimit else { continue }
            result = choices.flatMap { choice in
                result.map { $0.merging([name: choice]) { $1 } }
            }
        }
        return result
    }

    /// The ARGs that BuildKit sets itself, for a build on and for linux/amd64.
    static let automatic: [String: String] = [
        "BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDOSVERSION": "", "BUILDARCH": "amd64",
        "BUILDVARIANT": "", "TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETOSVERSION": "",
        "TARGETARCH": "amd64", "TARGETVARIANT": "", "TARGETSTAGE": "default",
    ]
}
