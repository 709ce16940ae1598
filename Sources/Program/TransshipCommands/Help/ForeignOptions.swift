// SPDX-License-Identifier: Apache-2.0

import BatchList

/// Options of other copying tools that people type out of habit, and what to type here.
enum ForeignOptions {
    private static let answers: [String: String] = {
        let insecure = "name the registry: --insecure-registry HOST[:PORT]"
        let login = "log in once: transship auth login HOST -u USER --password-stdin"
        let platforms = "all platforms are copied anyway; --platform OS/ARCH,OS/ARCH copies some"
        let verbatim = "manifests are copied byte for byte anyway: leave it out"
        let groups: [([String], String)] = [
            (
                ["--src-tls-verify", "--dest-tls-verify", "--tls-verify", "--src-insecure", "--dst-insecure", "--tls"],
                insecure
            ),
            (
                [
                    "--src-creds", "--dest-creds", "--creds", "--src-username", "--src-password", "--dest-username",
                    "--dest-password", "--username", "--password", "--src-registry-token", "--dest-registry-token",
                    "--auth",
                ], login
            ),
            (
                ["--authfile", "--src-authfile", "--dest-authfile"],
                "name the login file in the environment: REGISTRY_AUTH_FILE, or DOCKER_CONFIG for Docker's folder"
            ),
            (["--all", "--multi-arch", "--all-platforms"], platforms),
            (
                ["--override-os", "--override-arch", "--override-variant", "--platforms"],
                "--platform OS/ARCH[/VARIANT] chooses; several stand between commas"
            ),
            (["--preserve-digests", "--digests", "--format-preserve"], verbatim),
            (
                ["--digest-tags", "--sign-by", "--recursive-referrers"],
                "--referrers copies signatures and attestations, too"
            ),
            (["--retry-times", "--retries", "--retry"], "requests are tried again by themselves: leave it out"),
            (["--proc", "--parallel", "--concurrent"], "--jobs N says how many images are under way at once"),
            (["--images", "--config"], "give a list: one image a line, SRC or SRC DST"),
            (["--src", "--dest", "--scoped"], "name what to copy and where: transship batch LIST --to HOST/PATH"),
            (["--dry-run"], "transship plan says what a batch would do"),
            (["--target", "--destination"], "--to HOST[:PORT][/PATH] says where copies go"),
        ]
        return Dictionary(groups.flatMap { names, answer in names.map { ($0, answer) } }) { first, _ in first }
    }()

    /// Hints for options and image names that are written as other tools write them.
    ///
    /// - Parameter known: whether the command has this option, `--name`.
    static func hints(on words: [String], known: (String) -> Bool) -> [String] {
        var hints: [String] = []
        for word in words.prefix(while: { $0 != "--" }) where word.hasPrefix("--") {
            let name = String(word.prefix { $0 != "=" })
            guard let answer = answers[name], !known(name) else { continue }
            let hint = "\(name): \(answer)"
            if !hints.contains(hint) { hints.append(hint) }
        }
        for hint in words.compactMap({ ForeignTransport($0)?.hint }) where !hints.contains(hint) { hints.append(hint) }
        return hints
    }
}
