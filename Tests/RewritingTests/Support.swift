// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Rewriting
import Scanning

/// Rewrites texts as files of a name.
struct Desk {
    var mapping: ImageMapping
    var pin: Digest?

    init(to prefix: String, _ map: TargetMapping = .asWritten) throws {
        mapping = .rule(TargetRule(prefix: try TargetPrefix(parsing: prefix), mapping: map))
    }

    init(_ pairs: [String: String]) throws {
        mapping = ImageMapping(
            pairs: try pairs.map { (try Reference(parsing: $0.key), try Reference(parsing: $0.value)) })
    }

    func decision(_ finding: Finding) -> RewriteDecision {
        if let name = finding.named?.reference { return mapping.nameDecision(for: name) }
        guard let reference = finding.reference else { return .refuse("no value") }
        guard let pin, case .replace(let target) = mapping.decision(for: reference) else {
            return mapping.decision(for: reference)
        }
        return .replace(with: target.pinned(to: pin))
    }

    static func scan(_ name: String, _ bytes: [UInt8]) -> [Finding] {
        FileScanner().scan(bytes, kind: FileKind(path: name)).findings
    }

    func rewrite(_ name: String, _ bytes: [UInt8]) -> RewrittenFile {
        FileRewriter(scans: [{ FileScanner().scan($0, kind: FileKind(path: name)) }], decide: decision).rewrite(bytes)
    }

    func text(_ name: String, _ text: String) -> String {
        String(decoding: rewrite(name, Array(text.utf8)).bytes, as: UTF8.self)
    }

    func refused(_ name: String, _ text: String) -> [String] {
        rewrite(name, Array(text.utf8)).refused.map(\.finding.text)
    }
}
