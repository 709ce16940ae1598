// SPDX-License-Identifier: Apache-2.0

import FileTree
import Scanning

/// A chart's values that are searched without their chart. Only the chart's templates say what they mean.
struct GivenValues {
    private let path: String
    private let identity: FileFacts.Identity
    /// The chart's folder, as the beginning of the values' path.
    private let folder: String

    /// - Returns: nil if the file is not a chart's values.
    init?(path: String) {
        folder = FilePath.folder(of: path)
        guard FileKind(path: path) == .helmValues, folder != "/", let facts = FileFacts(path: path),
            FileFacts(path: folder + "Chart.yaml")?.kind == .file
        else { return nil }
        (self.path, identity) = (path, facts.identity)
    }

    /// - Parameters:
    ///   - seen: files that were already scanned.
    ///   - honoursIgnoreFiles: whether files that `.gitignore` names are left out.
    func followUps(
        _ scanner: FileScanner, besides seen: Set<FileFacts.Identity>, honoursIgnoreFiles: Bool
    ) -> [(file: String, followUp: FollowUp)] {
        let root = folder.isEmpty ? "." : String(folder.dropLast())
        let templates = FileWalk(root: root, honoursIgnoreFiles: honoursIgnoreFiles, isWanted: Self.isTemplate)
        return templates.flatMap { file -> [(file: String, followUp: FollowUp)] in
            guard let (bytes, identity) = try? FileReader.read(file), !seen.contains(identity) else { return [] }
            let result = scanner.scan(bytes, kind: FileKind(path: file), in: ScanRun.nearby(of: file))
            return result.followUps.compactMap { uses(of: $0, from: file) }.map { (path, $0) }
        }
    }

    private static func isTemplate(_ path: String) -> Bool {
        path.split(separator: "/").dropLast().contains("templates") && FileKind(path: path) != nil
    }

    /// How a template uses these values. The path is relative to the values' own folder.
    private func uses(of followUp: FollowUp, from template: String) -> FollowUp? {
        guard case .chartValues = followUp.kind,
            FileFacts(path: FilePath.resolved(followUp.path, from: template))?.identity == identity
        else { return nil }
        return FollowUp(path: String(path.dropFirst(folder.count)), kind: followUp.kind)
    }
}
