// SPDX-License-Identifier: Apache-2.0

/// A folder of a repository that an application of Argo CD delivers.
package struct DeliveredFolder: Hashable, Sendable {
    package let application: String
    /// Relative to the repository, which may be the one at hand.
    package let path: String
}

/// Which applications deliver which folders. Several may deliver the same one.
struct DeliveredFolders: Sendable {
    private var applications: [String: Set<String>] = [:]

    mutating func insert(_ folder: DeliveredFolder) {
        applications[folder.path, default: []].insert(folder.application)
    }

    /// Whether a file with settings is for one application, and another one delivers its folder, too: such a file has the
    /// name of the application, perhaps behind that of its namespace (argo-cd.readthedocs.io, "Parameter Overrides").
    func isOfOneOfSeveral(_ file: String) -> Bool {
        let start = FilePath.folder(of: file)
        guard !applications.isEmpty, let own = Self.application(of: file.dropFirst(start.count)) else { return false }
        var path = start.dropLast()
        while !path.isEmpty {
            if let names = applications[String(path)] {
                return names.count > 1 || names.contains { $0 != own && !own.hasSuffix("_" + $0) }
            }
            path = path.firstIndex(of: "/").map { path[path.index(after: $0)...] } ?? ""
        }
        return false
    }

    private static func application(of name: Substring) -> String? {
        let (front, end) = (".argocd-source-", ".yaml")
        guard name.hasPrefix(front), name.hasSuffix(end) else { return nil }
        return String(name.dropFirst(front.count).dropLast(end.count))
    }
}
