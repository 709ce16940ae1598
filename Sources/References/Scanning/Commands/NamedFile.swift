// SPDX-License-Identifier: Apache-2.0

/// What a command says that a file is which it names.
enum NamedFile: Hashable, Sendable {
    /// Values that are given to a chart.
    case values
    case compose
    case bake
    /// Resources, or a folder with a kustomization.
    case manifests
    /// Steps that a pipeline of Buildkite goes on with.
    case buildkite

    /// - Parameter path: its end says in which of several languages a file for Bake is (docs.docker.com, "docker buildx bake").
    func followUp(of path: String) -> FollowUp.Kind {
        switch self {
        case .values: .values
        case .manifests: .resources([])
        case .compose: .named(.compose)
        case .buildkite: .named(.pipeline(.buildkite))
        case .bake where path.hasSuffix(".json"): .named(.pipeline(.bake))
        case .bake where path.hasSuffix(".yaml") || path.hasSuffix(".yml"): .named(.compose)
        case .bake: .named(.text(.bake))
        }
    }
}
