import OCI

/// A cluster's workloads, as kubectl prints them.
struct ClusterDump {
    /// What can hold containers. Pods come first: they know the digests that run.
    private static let kinds =
        "pods,deployments,daemonsets,statefulsets,replicasets,replicationcontrollers,jobs,cronjobs"

    let context: String?
    let environment: CommandEnvironment

    /// - Throws: `CommandFailure` with kubectl's words.
    func root() async throws -> ScanRun.Root {
        let arguments =
            (context.map { ["--context", $0] } ?? []) + ["get", Self.kinds, "--all-namespaces", "-o", "json"]
        let result: Program.Result
        do throws(Program.Failure) {
            result = try Program.run("kubectl", arguments, environment: environment.variables)
        } catch {
            throw CommandFailure.usage(
                ["cannot run kubectl: \(error.message)"],
                hint: "pipe what it prints instead: kubectl get … -o json | transship scan -")
        }
        guard result.status == 0 else {
            let words = String(decoding: result.error, as: UTF8.self).displayable(limit: 2048)
            throw CommandFailure.usage(["kubectl exited with \(result.status); it said: \"\(words)\""])
        }
        return .text(result.output, name: "cluster" + (context.map { ":" + $0 } ?? ""))
    }
}
