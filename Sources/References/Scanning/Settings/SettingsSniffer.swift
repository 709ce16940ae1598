// SPDX-License-Identifier: Apache-2.0

/// Recognizes settings of tools whose files have no fixed name, by their top-level keys.
enum SettingsSniffer {
    typealias Index = YAMLDocument.Index

    /// - Parameter kind: the value of the document's `kind`.
    static func kind(of document: YAMLDocument, kind: String?, version: String) -> FindingKind? {
        guard document.root >= 0, document.kind(document.root) == .mapping else { return nil }
        if let kind {
            // Separate documents for settings that were a part of the machine configuration (talos.dev,
            // "Configuration").
            if version == "v1alpha1", kind.hasSuffix("Config") { return .talos }
            return isGarden(document, kind: kind, version: version) ? .garden : nil
        }
        let keys = Set(document.entries(document.root).compactMap { document.string($0.key) })
        return candidates.first { keys.isSuperset(of: $0.keys) && $0.isMeant(document) }?.kind
    }

    private struct Candidate: Sendable {
        let kind: FindingKind
        let keys: Set<String>
        var isMeant: @Sendable (YAMLDocument) -> Bool = { _ in true }
    }

    private static let candidates = [
        Candidate(kind: .azureResources, keys: ["type", "properties"]) {
            text("type", in: $0)?.hasPrefix("Microsoft.") == true
        },
        Candidate(kind: .azureResources, keys: ["$schema"]) { isAzureSchema(text("$schema", in: $0) ?? "") },
        Candidate(kind: .copilot, keys: ["type", "name"]) { copilotTypes.contains(text("type", in: $0) ?? "") },
        Candidate(kind: .containerlab, keys: ["topology"]) { $0.value(at: ["topology", "nodes"], in: $0.root) != nil },
        Candidate(kind: .talos, keys: ["version", "machine"]) { text("version", in: $0) == "v1alpha1" },
        // A part of a machine configuration (talos.dev, "Configuration Patches").
        Candidate(kind: .talos, keys: ["machine"], isMeant: isTalosPatch),
        Candidate(kind: .talos, keys: ["cluster"], isMeant: isTalosPatch),
        Candidate(kind: .circleCI, keys: ["version", "jobs"]) {
            ("jobs.*.docker.image" as KeyPattern).values(in: $0).isEmpty == false
        },
        Candidate(kind: .buildkite, keys: ["steps"], isMeant: hasBuildkiteStep),
        Candidate(kind: .azurePipelines, keys: ["steps"], isMeant: isAzurePipeline),
        Candidate(kind: .azurePipelines, keys: ["jobs"], isMeant: isAzurePipeline),
        Candidate(kind: .azurePipelines, keys: ["stages"], isMeant: isAzurePipeline),
        Candidate(kind: .gitlabCI, keys: [], isMeant: hasGitLabJob),
        Candidate(kind: .linuxkit, keys: ["kernel"]) { document in
            document.value(at: ["kernel", "image"], in: document.root) != nil
                && ["init", "onboot", "services"].contains { document.value($0, in: document.root) != nil }
        },
        Candidate(kind: .crictl, keys: ["metadata", "image", "log_path"]) {
            $0.value(at: ["image", "image"], in: $0.root) != nil
        },
        Candidate(kind: .rke, keys: ["system_images"]),
        Candidate(kind: .packer, keys: ["builders"]) {
            ("builders.type" as KeyPattern).values(in: $0).contains { [document = $0] in document.isText($0, "docker") }
        },
        Candidate(kind: .kamal, keys: ["accessories"], isMeant: hasAccessory),
        Candidate(kind: .charm, keys: ["resources"]) {
            ("resources.*.type" as KeyPattern).values(in: $0).contains { [document = $0] in
                document.isText($0, "oci-image")
            }
        },
    ]

    private static func isTalosPatch(_ document: YAMLDocument) -> Bool {
        let keys: Set = ["version", "debug", "persist", "machine", "cluster"]
        guard document.entries(document.root).allSatisfy({ document.string($0.key).map(keys.contains) ?? false }) else {
            return false
        }
        return ImagePlaces.of(.talos)?.images.contains { !$0.values(in: document).isEmpty } == true
    }

    private static func text(_ key: String, in document: YAMLDocument) -> String? {
        document.value(key, in: document.root).flatMap(document.string)
    }

    private static func isAzureSchema(_ schema: String) -> Bool {
        schema.contains("eploymentTemplate.json") || schema.contains("eploymentParameters.json")
    }

    /// aws.github.io/copilot-cli, "Manifest".
    private static let copilotTypes: Set<String> = [
        "Load Balanced Web Service", "Backend Service", "Worker Service", "Request-Driven Web Service",
        "Scheduled Job",
    ]

    /// docs.garden.io, "Reference".
    private static func isGarden(_ document: YAMLDocument, kind: String, version: String) -> Bool {
        let isKind = ["Build", "Deploy", "Run", "Test", "Module"].contains(kind)
        return isKind && (version.isEmpty || version.hasPrefix("garden.io/"))
            && document.value("type", in: document.root) != nil && document.value("name", in: document.root) != nil
    }

    /// Whether there is a job with a script and with a key that no other format has beside a script.
    private static func hasGitLabJob(_ document: YAMLDocument) -> Bool {
        document.entries(document.root).contains { _, job in
            document.kind(job) == .mapping && document.value("script", in: job) != nil
                && gitlabKeys.contains { document.value($0, in: job) != nil }
        }
    }

    private static let gitlabKeys = ["stage", "extends", "rules", "only", "needs", "before_script", "services"]

    /// Whether there is a step with a command and with a key that no other format has beside a command, also in a group
    /// of steps (buildkite.com/docs, "Command step").
    private static func hasBuildkiteStep(_ document: YAMLDocument) -> Bool {
        func holds(_ step: Index, _ keys: [String]) -> Bool { keys.contains { document.value($0, in: step) != nil } }
        return ["steps", "steps.steps"].flatMap { KeyPattern(stringLiteral: $0).values(in: document) }.contains {
            step in
            holds(step, ["command", "commands", "plugins"]) && holds(step, ["label", "agents", "plugins"])
        }
    }

    /// Whether there is a machine or a step that no other format has, also in a job or a stage (learn.microsoft.com,
    /// "YAML schema reference for Azure Pipelines"). Pipelines and their templates may have any file name.
    private static func isAzurePipeline(_ document: YAMLDocument) -> Bool {
        func values(_ key: String) -> [Index] {
            ["", "jobs.", "stages.", "stages.jobs."].flatMap {
                KeyPattern(stringLiteral: $0 + key).values(in: document)
            }
        }
        return !values("pool.vmImage").isEmpty || isAzureJobs(document)
            || values("steps").contains { isAzureStep($0, of: document) }
            || values("strategy.*.*.steps").contains { isAzureStep($0, of: document) }
    }

    /// Whether jobs or deployments are listed by these words, with steps or a container.
    private static func isAzureJobs(_ document: YAMLDocument) -> Bool {
        ["jobs", "stages.jobs"].flatMap { KeyPattern(stringLiteral: $0).values(in: document) }.contains { job in
            func holds(_ keys: String...) -> Bool { keys.contains { document.value($0, in: job) != nil } }
            return holds("job", "deployment") && holds("steps", "container", "strategy")
        }
    }

    private static func isAzureStep(_ step: Index, of document: YAMLDocument) -> Bool {
        if let task = document.value("task", in: step) { return document.string(task)?.contains("@") == true }
        // In formats whose steps have names, a step may be called `bash`.
        func holds(_ keys: String...) -> Bool {
            keys.contains { document.value($0, in: step).map { document.kind($0) == .scalar } == true }
        }
        return holds("bash", "pwsh", "powershell") || holds("script") && holds("displayName")
    }

    private static func hasAccessory(_ document: YAMLDocument) -> Bool {
        ("accessories.*" as KeyPattern).values(in: document).contains { accessory in
            document.value("image", in: accessory) != nil
                && ["host", "hosts", "role", "roles", "tag", "tags"].contains {
                    document.value($0, in: accessory) != nil
                }
        }
    }
}
