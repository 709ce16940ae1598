// SPDX-License-Identifier: Apache-2.0

/// Commands of other copying tools that people type out of habit, and what to type here.
enum ForeignCommands {
    static func hint(on word: String) -> String? { answers[word] }

    private static let answers = [
        "login": "transship auth login HOST -u USER --password-stdin", "logout": "transship auth logout HOST",
        "inspect": "transship manifest IMAGE shows its manifest, transship config IMAGE its configuration",
        "sync": "transship batch LIST --to HOST/PATH", "mirror": "transship batch LIST --to HOST/PATH",
        "once": "transship batch LIST --to HOST/PATH", "list-tags": "transship ls REPOSITORY",
        "images": "transship catalog HOST lists its repositories, transship ls REPOSITORY the tags of one",
    ]
}
