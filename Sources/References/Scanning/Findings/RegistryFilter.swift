// SPDX-License-Identifier: Apache-2.0

import OCI

/// Keeps or drops findings by their registry.
package struct RegistryFilter: Hashable, Sendable {
    /// Hosts or ends of hosts, each with or without the beginning of a path.
    private let excluded: [String]
    /// Empty: all.
    private let included: [String]

    package init(excluding: [String] = [], includingOnly: [String] = []) {
        excluded = excluding
        included = includingOnly
    }

    package func keeps(_ finding: Finding) -> Bool {
        if excluded.isEmpty && included.isEmpty { return true }
        guard let name = name(of: finding) else { return included.isEmpty }
        if excluded.contains(where: { Self.matches($0, name) }) { return false }
        return included.isEmpty || included.contains { Self.matches($0, name) }
    }

    /// `host/path`. For an unresolved text, only if the text begins with a host without variables.
    private func name(of finding: Finding) -> String? {
        if let reference = finding.reference {
            return ImageName.registryName(of: reference) + "/" + reference.repository.path
        }
        let head = finding.text.prefix { $0 != "/" }
        return head.contains(".") && !head.contains("$") && !head.contains("{") ? finding.text : nil
    }

    /// `docker.pkg.dev` matches `us-docker.pkg.dev`, and `gcr.io` matches `eu.gcr.io` but not `notgcr.io`.
    private static func matches(_ rule: String, _ name: String) -> Bool {
        let wanted = rule.split(separator: "/", maxSplits: 1)
        let given = name.split(separator: "/", maxSplits: 1)
        guard let host = given.first, let end = wanted.first, host.hasSuffix(end) else { return false }
        let before = host.dropLast(end.count).last
        guard before == nil || before == "." || before == "-" || end.hasPrefix(".") || end.hasPrefix("-") else {
            return false
        }
        guard wanted.count > 1 else { return true }
        let path = wanted[1].hasSuffix("/") ? wanted[1].dropLast() : wanted[1]
        return given.count > 1 && (given[1] == path || given[1].hasPrefix(path + "/") || given[1].hasPrefix(path + ":"))
    }
}
