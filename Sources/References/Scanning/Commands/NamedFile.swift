// SPDX-License-Identifier: Apache-2.0

/// What a file is that a command names.
enum NamedFile: Hashable, Sendable {
    /// Values for a chart.
    case values
    case compose
    /// Variables for Compose files.
    case composeVariables
    case bake
    /// Resources, or a folder with a kustomization.
    case manifests
    /// Steps with which a Buildkite pipeline continues.
    case buildkite

    /// - Parameters:
    ///   - path: its end tells the language of a Bake file (docs.docker.com, "docker buildx bake").
    ///   - chart: the chart of the command.
    func followUp(of path: String, for chart: String? = nil) -> FollowUp.Kind {
        switch self {
        case .values: .values(of: chart)
        case .manifests: .resources([])
        case .compose: .named(.compose)
        case .composeVariables: .named(.text(.dotenv))
        case .buildkite: .named(.pipeline(.buildkite))
        case .bake where path.hasSuffix(".json"): .named(.pipeline(.bake))
        case .bake where path.hasSuffix(".yaml") || path.hasSuffix(".yml"): .named(.compose)
        case .bake: .named(.text(.bake))
        }
    }
}
