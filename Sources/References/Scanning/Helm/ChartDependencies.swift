// SPDX-License-Identifier: Apache-2.0

/// The charts that a chart depends on, by the names under which it gives values to them (helm.sh/docs, "Chart
/// dependencies").
package struct ChartDependencies {
    /// The charts' own names, by the name under which each gets values: its alias, otherwise its own name.
    let names: [String: String]
    /// The folders of the charts that are on this machine, relative to the chart's own, by the same names.
    package let folders: [String: String]

    /// The files that name the dependencies. Charts for the first versions of Helm have a separate file, which later
    /// versions also read.
    package static let files = ["Chart.yaml", "requirements.yaml"]

    /// - Parameter files: the bytes of those files that exist.
    package init(in files: [[UInt8]]) {
        let all = files.flatMap(Self.dependencies)
        names = Dictionary(all.map { ($0.key, $0.name) }) { $1 }
        let local = all.filter { $0.repository.hasPrefix(Self.scheme) }
        folders = Dictionary(local.map { ($0.key, String($0.repository.dropFirst(Self.scheme.count))) }) { $1 }
    }

    /// - Parameter read: reads a file of the chart's folder.
    init(read: (String) -> [UInt8]?) { self.init(in: Self.files.compactMap(read)) }

    private static func dependencies(in file: [UInt8]) -> [(key: String, name: String, repository: String)] {
        YAMLView.first(of: file) { view in
            let document = view.document
            let items = document.value("dependencies", in: view.root).map(document.items) ?? []
            return items.compactMap { item in
                func text(_ key: String) -> String? { document.value(key, in: item).flatMap(document.string) }
                return text("name").map { (text("alias") ?? $0, $0, text("repository") ?? "") }
            }
        } ?? []
    }

    /// `repository: file://../web`.
    private static let scheme = "file://"

    /// The keys under which a chart's values are in the values of the chart that depends on it. If no file names such
    /// keys, the chart's name.
    package func keys(of dependency: String) -> [String] {
        let keys = names.filter { $0.value == dependency }.keys.sorted()
        return keys.isEmpty ? [dependency] : keys
    }
}
