// SPDX-License-Identifier: Apache-2.0

/// The charts that a chart depends on, by the names by which it gives values to them (helm.sh/docs, "Chart dependencies").
package struct ChartDependencies {
    /// The charts' own names, by those by which they get values: aliases, else the same.
    let names: [String: String]

    /// What says so: charts of Helm's first versions have a file of their own for it, which later ones read, too.
    package static let files = ["Chart.yaml", "requirements.yaml"]

    /// - Parameter files: the bytes of those files that are there.
    package init(in files: [[UInt8]]) { names = files.reduce(into: [:]) { $0.merge(Self.names(in: $1)) { $1 } } }

    /// - Parameter read: reads a file of the chart's folder.
    init(read: (String) -> [UInt8]?) { self.init(in: Self.files.compactMap(read)) }

    private static func names(in file: [UInt8]) -> [String: String] {
        YAMLView.first(of: file) { view in
            let document = view.document
            let items = document.value("dependencies", in: view.root).map(document.items) ?? []
            return items.reduce(into: [:]) { names, item in
                guard let name = document.value("name", in: item).flatMap(document.string) else { return }
                names[document.value("alias", in: item).flatMap(document.string) ?? name] = name
            }
        } ?? [:]
    }

    /// The keys below which a chart's values stand in those of the one that depends on it; its name, where nothing says others.
    package func keys(of dependency: String) -> [String] {
        let keys = names.filter { $0.value == dependency }.keys.sorted()
        return keys.isEmpty ? [dependency] : keys
    }
}
