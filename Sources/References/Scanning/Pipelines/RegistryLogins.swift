// SPDX-License-Identifier: Apache-2.0

/// Images that have the login for their registry beside them. A copy is in another registry, which needs another one.
enum RegistryLogins {
    /// The keys of logins: docs.github.com, "Defining credentials for a container registry"; circleci.com/docs,
    /// "Using Docker authenticated pulls"; learn.microsoft.com, "resources.containers"; support.atlassian.com, "Use Docker
    /// images as build environments"; docs.aws.amazon.com, "Private registry authentication".
    private static let keys: [FindingKind: [String]] = [
        .githubActions: ["credentials"], .circleCI: ["auth", "aws_auth"], .azurePipelines: ["endpoint"],
        .bitbucket: ["username", "aws"], .aws: ["repositoryCredentials", "RepositoryCredentials"],
    ]

    /// The findings, with a remark for those with a login.
    static func told(_ findings: [Finding], in view: YAMLView) -> [Finding] {
        let kinds = Set(findings.map(\.kind)).filter { keys[$0] != nil }
        guard !kinds.isEmpty else { return findings }
        let logins = kinds.reduce(into: [FindingKind: [(place: Range<Int>, key: String)]]()) { logins, kind in
            logins[kind] = places(beside: keys[kind] ?? [], in: view)
        }
        return findings.map { finding in
            let ranges = [finding.range] + finding.parts.map(\.range)
            let login = logins[finding.kind]?.first { login in ranges.contains { $0.overlaps(login.place) } }
            guard let login, finding.remark == nil else { return finding }
            var finding = finding
            finding.remark = "\(login.key) beside it is the login for its registry: change it, too"
            return finding
        }
    }

    /// The scalars of the mappings that have one of some keys.
    private static func places(beside keys: [String], in view: YAMLView) -> [(place: Range<Int>, key: String)] {
        let document = view.document
        return document.nodes.indices.flatMap { node -> [(place: Range<Int>, key: String)] in
            let node = YAMLDocument.Index(node)
            guard document[node].kind == .mapping,
                let key = keys.first(where: { document.value($0, in: node) != nil })
            else { return [] }
            return document.entries(node).filter { document.kind($0.value) == .scalar }.map {
                (view.place(of: document.resolved($0.value)), key)
            }
        }
    }
}
