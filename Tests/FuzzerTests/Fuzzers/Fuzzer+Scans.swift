// SPDX-License-Identifier: Apache-2.0

import BatchList

@testable import OCI
@testable import Rewriting
@testable import Scanning

extension Fuzzer {
    /// Files that are searched for references, and rewritten.
    static let scans: [Fuzzer] = [
        scan("dockerfile", [.dockerfile]), scan("yaml", [.yaml, .kustomization]), scan("helm-values", [.helmValues]),
        scan("compose", [.compose]), scan("maven-gradle", [.maven, .gradle]),
        scan(
            "pipeline",
            [
                .pipeline(.githubActions), .pipeline(.gitlabCI), .pipeline(.cloudBuild), .pipeline(.circleCI),
                .pipeline(.devcontainer), .pipeline(.skaffold), .pipeline(.ko), .pipeline(.woodpecker),
                .pipeline(.drone), .pipeline(.buildkite), .pipeline(.azurePipelines), .pipeline(.bitbucket),
                .pipeline(.bake),
            ]),
        scan("hcl", [.text(.terraform), .text(.nomad), .text(.bake), .template(.nomad)]),
        scan(
            "programs",
            [
                .text(.jenkinsfile), .text(.java), .text(.kotlin), .text(.go), .text(.python), .text(.typescript),
                .text(.csharp), .text(.bazel), .text(.tiltfile), .text(.jsonnet), .text(.cue), .text(.bicep),
                .text(.droneStar),
            ]),
        scan(
            "commands",
            [
                .text(.shell), .text(.makefile), .text(.justfile), .text(.dotenv), .text(.earthfile), .text(.quadlet),
                .text(.systemd),
                .pipeline(.ansible),
            ]),
        scan(
            "settings",
            [
                .text(.gitlabRunner), .text(.buildpacks), .text(.act), .text(.distrobox), .text(.vagrantfile),
                .text(.msbuild),
                .pipeline(.concourse), .pipeline(.werf), .pipeline(.garden), .pipeline(.cirrus), .pipeline(.kitchen),
                .pipeline(.linuxkit), .pipeline(.crictl),
            ]),
        text("resource-rule", readRule),
    ]

    private static func scan(_ name: String, _ kinds: [FileKind]) -> Fuzzer {
        Fuzzer(name) { bytes in
            for kind in kinds { try rewrite(bytes, as: kind) }
            var options = ScanOptions()
            options.findsGuesses = true
            _ = FileScanner(options: options).scan(bytes, kind: nil)
            _ = FileScanner.kustomizeRules(bytes)
            _ = KeyPaths(bytes)
        }
    }

    private static func findings(_ bytes: [UInt8], _ kind: FileKind) -> [Finding] {
        FileScanner().scan(bytes, kind: kind).findings
    }

    private static func rewrite(_ bytes: [UInt8], as kind: FileKind) throws {
        let before = findings(bytes, kind)
        let lines = LineTable(bytes)
        for finding in before {
            for range in [finding.range] + finding.parts.map(\.range) {
                promise(range.lowerBound >= 0 && range.upperBound <= bytes.count, "bytes of the file")
            }
            promise(lines.position(of: finding.range.lowerBound).line >= 1, "a line of the file")
        }
        for mapping in TargetMapping.allCases { try rewrite(bytes, kind, before, mapping) }
    }

    private static func rewrite(
        _ bytes: [UInt8], _ kind: FileKind, _ before: [Finding], _ mapping: TargetMapping
    ) throws {
        let rule = TargetRule(prefix: try TargetPrefix(parsing: "registry.example:5000/mirror"), mapping: mapping)
        let decide = { (finding: Finding) -> RewriteDecision in
            finding.reference.map { ImageMapping.rule(rule).decision(for: $0) } ?? .refuse("no value")
        }
        let result = FileRewriter(scans: [{ FileScanner().scan($0, kind: kind) }], decide: decide).rewrite(bytes)
        promiseOnlyEdits(bytes, result)
        let after = findings(result.bytes, kind)
        promise(after.count == before.count, "no finding comes or goes")
        let refused = Set(result.refused.map(\.finding))
        for (old, new) in zip(before, after) {
            if !refused.contains(old), case .replace(let target) = decide(old) {
                promise(new.reference == target, "\(old.text.debugDescription) became \(target)")
            } else {
                promise(new.meaning == old.meaning, "\(old.text.debugDescription) stayed")
            }
        }
        _ = UnifiedDiff(path: "file", bytes: bytes, edits: result.edits).text()
    }

    /// Every byte outside of the edits is where it was, and the edits do not meet.
    private static func promiseOnlyEdits(_ bytes: [UInt8], _ result: RewrittenFile) {
        var (kept, position, shifted) = (true, 0, 0)
        for edit in result.edits {
            guard edit.range.lowerBound >= position, edit.range.upperBound <= bytes.count else {
                return promise(false, "edits in order")
            }
            let count = edit.range.lowerBound - position
            kept = kept && result.bytes[shifted...].prefix(count).elementsEqual(bytes[position...].prefix(count))
            position = edit.range.upperBound
            shifted += count + edit.replacement.count
        }
        promise(kept && result.bytes[shifted...].elementsEqual(bytes[position...]), "no other byte changes")
    }

    private static func readRule(_ text: String) throws {
        do throws(ScanProblem) { _ = try ResourceRule(parsing: text) } catch { promiseShowable(error.message) }
    }
}
