// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The files under `Tools/deploy` are read as their users' machines read them, and their command lines are run.
@Suite struct DeploymentTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Tools/deploy").path

    /// The documents of a YAML file, by a full YAML parser.
    private func documents(_ name: String) async throws -> [[String: Any]] {
        let program = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))"
        let read = try await Tool.run("python3", ["-c", program, "\(Self.folder)/\(name)"])
        try #require(read.status == 0, "\(read)")
        let documents = try JSONSerialization.jsonObject(with: Data(read.output.utf8))
        return try #require(documents as? [[String: Any]])
    }

    /// Runs the arguments with an empty list, every folder they name made here.
    private func run(_ arguments: [String], environment: [String: String]) async throws -> Finished {
        for folder in ["lists", "reports", "bucket/reports"] {
            try FileManager.default.createDirectory(
                atPath: "\(scratch.path)/\(folder)", withIntermediateDirectories: true)
        }
        for list in ["lists/images.txt", "bucket/images.txt"] { _ = try scratch.write(list, "# nothing\n") }
        let here = arguments.map { argument in
            ["/lists/", "/reports/", "/bucket/"].reduce(argument) { text, folder in
                text.hasPrefix(folder) || text.contains("=\(folder)")
                    ? text.replacingOccurrences(
                        of: folder, with: scratch.path + folder, options: [], range: text.range(of: folder))
                    : text
            }
        }
        return try await Tool.run(Tool.products.appending(path: "transship").path, here, environment: environment)
    }

    @Test func `the Kubernetes job's command line is one that transship takes, and its numbers agree`() async throws {
        let documents = try await documents("kubernetes-job.yaml")
        #expect(documents.compactMap { $0["kind"] as? String } == ["ConfigMap", "PersistentVolumeClaim", "Job"])
        let spec = try #require(documents[2]["spec"] as? [String: Any])
        #expect(spec["completionMode"] as? String == "Indexed")
        let pod = try #require((spec["template"] as? [String: Any])?["spec"] as? [String: Any])
        let container = try #require((pod["containers"] as? [[String: Any]])?.first)
        let arguments = try #require(container["args"] as? [String])
        let completions = try #require(spec["completions"] as? Int)
        #expect(arguments.contains("--shards=\(completions)"))

        let run = try await run(arguments, environment: ["JOB_COMPLETION_INDEX": "3"])
        #expect(run.status == 0 && run.errors.contains("shard 3/8: 0 of 0 items"), "\(run)")
        #expect(FileManager.default.fileExists(atPath: "\(scratch.path)/reports/shard-3.json"), "\(run)")
        #expect(FileManager.default.fileExists(atPath: "\(scratch.path)/reports/failed-3.txt"), "\(run)")

        let mounts = Set((container["volumeMounts"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
        let volumes = Set((pod["volumes"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
        #expect(mounts == volumes)
    }

    @Test func `the Cloud Run job's command line is one that transship takes`() async throws {
        let documents = try await documents("cloud-run-job.yaml")
        let execution = ((documents[0]["spec"] as? [String: Any])?["template"] as? [String: Any])?["spec"]
        let task = ((execution as? [String: Any])?["template"] as? [String: Any])?["spec"] as? [String: Any]
        let container = try #require((task?["containers"] as? [[String: Any]])?.first)
        let arguments = try #require(container["args"] as? [String])
        let count = try #require((execution as? [String: Any])?["taskCount"] as? Int)
        let run = try await run(
            arguments, environment: ["CLOUD_RUN_TASK_INDEX": "5", "CLOUD_RUN_TASK_COUNT": "\(count)"])
        #expect(run.status == 0 && run.errors.contains("shard 5/8: 0 of 0 items"), "\(run)")
        #expect(FileManager.default.fileExists(atPath: "\(scratch.path)/bucket/reports/shard-5.json"), "\(run)")
    }

    @Test func `the image is built from what is there, and does not run as root`() throws {
        let recipe = try String(contentsOfFile: "\(Self.folder)/Dockerfile", encoding: .utf8)
        let top = "\(Self.folder)/../.."
        for line in recipe.split(separator: "\n") where line.hasPrefix("COPY ") && !line.contains("--from") {
            let source = line.split(separator: " ")[1]
            #expect(FileManager.default.fileExists(atPath: "\(top)/\(source)"), "\(line)")
        }
        let user = recipe.split(separator: "\n").last { $0.hasPrefix("USER ") }
        #expect(user == "USER 65532:65532")
        #expect(recipe.contains("ca-certificates"))
    }
}
