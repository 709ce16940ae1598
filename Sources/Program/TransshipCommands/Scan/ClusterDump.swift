// SPDX-License-Identifier: Apache-2.0

import FileScans
import OCI
import OutsidePrograms

/// A cluster's workloads, as kubectl prints them.
struct ClusterDump {
    /// The kinds of resources that can contain containers. Pods also contain the digests that run.
    private static let kinds =
        "pods,deployments,daemonsets,statefulsets,replicasets,replicationcontrollers,jobs,cronjobs"

    let context: String?
    let environment: CommandEnvironment
    var programs: any ProgramRunner = SystemPrograms()

    /// - Throws: `CommandFailure` with kubectl's words.
    func root() async throws -> ScanRun.Root {
        guard let path = programs.find("kubectl", in: environment["PATH"] ?? "") else {
            throw CommandFailure.usage(["cannot ask the cluster: there is no kubectl in PATH"], hint: Self.hint)
        }
        let result: ProgramResult
        do throws(ProgramFailure) { result = try await programs.run(kubectl(path)) } catch {
            throw CommandFailure.usage(["cannot ask the cluster: kubectl \(error)"], hint: Self.hint)
        }
        guard result.succeeded else {
            let words = String(decoding: result.errors, as: UTF8.self).displayable(limit: 2048)
            throw CommandFailure.usage([
                "cannot ask the cluster: kubectl \(result.ending.words); it said: \"\(words)\""
            ])
        }
        return .text(result.output, name: "cluster" + (context.map { ":" + $0 } ?? ""))
    }

    private func kubectl(_ path: String) -> OutsideProgram {
        let arguments = ["get", Self.kinds, "--all-namespaces", "-o", "json"]
        var program = OutsideProgram(
            path: path, arguments: (context.map { ["--context", $0] } ?? []) + arguments,
            variables: environment.variables)
        // Large clusters answer slowly and at length.
        program.limits.time = .seconds(300)
        program.limits.output = 1 << 30
        return program
    }

    private static let hint = "pipe what it prints instead: kubectl get pods -A -o json | transship scan -"
}
