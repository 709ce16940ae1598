// SPDX-License-Identifier: Apache-2.0

/// What other files say about the documents of one file.
struct DocumentContext {
    /// The file's name, if it matters.
    var name: String?
    /// The files with a Compose file's variables. Where two set the same variable, the later one counts.
    var environment = [".env"]
    /// The Compose files that a command gives to Compose together with this one, from the folder of this one.
    var layers: [String] = []
    /// What a caller gives to the parameters of a pipeline's template, or to the inputs of a workflow.
    var parameters: [String: String] = [:]
    /// What all files of a GitLab pipeline set together.
    var settings = GitLabSettings()
    /// Whether the templates that use these values were read.
    var isOfReadChart = false
    /// Whether documents that cannot hold an image are read, too.
    var readsEverything = false
    /// Reads a file beside this one; nil: there is none.
    let neighbour: (String) -> [UInt8]?
    /// Whether there is a file or a folder at a path.
    let exists: (String) -> Bool

    init(_ nearby: NearbyFiles) { (neighbour, exists) = (nearby.read, nearby.exists) }
}
