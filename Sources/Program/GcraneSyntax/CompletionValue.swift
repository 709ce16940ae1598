// SPDX-License-Identifier: Apache-2.0

/// What a shell offers for the value of a flag or for an argument, derived from the name that help shows for it.
enum CompletionValue: Sendable, Hashable {
    case files
    case folders
    /// Hosts of registries.
    case hosts
    /// Hosts of registries, each followed by a slash.
    case images
    case filesAndImages
    case nothing

    init(_ flag: FlagSpec) {
        guard let name = flag.valueName?.lowercased() else {
            self = [.platform, .platforms, .int].contains(flag.kind) ? .nothing : .files
            return
        }
        self =
            switch name {
            case "folder", "dir": .folders
            case "host", "host[:port]", "suffix": .hosts
            case _ where name.hasPrefix("host[:port]/") || name.contains("[/path]"): .images
            case _ where name.hasPrefix("file"): .files
            default: .nothing
            }
    }

    /// - Parameter arguments: the arguments as the usage line shows them.
    init(arguments: String) {
        let words = arguments.lowercased().split { !$0.isLetter }
        let images: Set<Substring> = ["src", "dst", "image", "ref", "repo", "registry", "host", "blob"]
        let files: Set<Substring> = ["list", "path", "tarball", "log", "file", "report", "folder"]
        let (hasImages, hasFiles) = (!images.isDisjoint(with: words), !files.isDisjoint(with: words))
        self = hasImages ? (hasFiles ? .filesAndImages : .images) : .files
    }
}
