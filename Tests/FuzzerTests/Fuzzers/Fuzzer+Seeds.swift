// SPDX-License-Identifier: Apache-2.0

extension Fuzzer {
    /// Folders of the checkout with examples of what it reads.
    var seedFolders: [String] { ["Fixtures/fuzz/" + name] + (Self.otherSeeds[name] ?? []) }

    /// What a fuzzer starts from besides the folder of its name.
    static let otherSeeds: [String: [String]] = [
        "dockerfile": scan("dockerfile"), "compose": scan("compose"), "helm-values": scan("helm"),
        "yaml": scan("kubernetes", "kustomize", "operators", "gitops"), "pipeline": scan("pipelines", "ci", "gitlab"),
        "maven-gradle": scan("pipelines"), "hcl": scan("terraform", "nomad", "bake"),
        "programs": scan("jenkins", "testcontainers", "pulumi", "bazel", "tiltfile", "jsonnet", "cue", "bicep"),
        "settings": scan("settings"),
        "commands": scan("shell", "makefile", "dotenv", "earthfile", "quadlet", "systemd", "ansible"),
        "pull-log": ["Fixtures/pulls"], "findings": ["Fixtures/pulls"],
        "response-connection": ["Fixtures/fuzz/response-head"],
    ]

    private static func scan(_ folders: String...) -> [String] { folders.map { "Fixtures/scan/" + $0 } }
}
