// SPDX-License-Identifier: Apache-2.0

import Scanning

/// The place of a chart: by itself, or as a dependency in the folder of another chart.
package struct ChartPlace: Hashable, Sendable {
    /// The folder of the outermost chart.
    package var folder: String
    /// The keys of the outermost chart below which a dependency's values are. There are several if it has several names
    /// there.
    package var prefixes: [[String]]

    package init(folder: String, prefixes: [[String]] = [[]]) {
        self.folder = folder
        self.prefixes = prefixes
    }

    /// The chart that a file of values belongs to; nil for a file that is not in a chart's folder.
    ///
    /// - Parameters:
    ///   - isFile: whether there is a file at a path.
    ///   - read: returns the bytes of a chart's file that lists the names of its dependencies.
    package init?<Problem>(
        of file: String, isFile: (String) -> Bool, read: (String) throws(Problem) -> [UInt8]
    ) throws(Problem) {
        folder = Self.parent(file)
        prefixes = [[]]
        guard isFile(Self.chartFile(in: folder)) else { return nil }
        // A dependency is in `charts/NAME` of the chart that needs it.
        while let outer = Self.outerFolder(of: folder), isFile(Self.chartFile(in: outer)) {
            var files: [[UInt8]] = []
            for name in ChartDependencies.files where isFile(outer + "/" + name) {
                files.append(try read(outer + "/" + name))
            }
            let keys = ChartDependencies(in: files).keys(of: Self.name(folder))
            prefixes = keys.flatMap { [prefixes] key in prefixes.map { [key] + $0 } }
            folder = outer
        }
    }

    private static func chartFile(in folder: String) -> String { folder + "/Chart.yaml" }

    private static func outerFolder(of folder: String) -> String? {
        name(parent(folder)) == "charts" ? parent(parent(folder)) : nil
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path == "." ? ".." : "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func name(_ path: String) -> String {
        String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
    }
}
