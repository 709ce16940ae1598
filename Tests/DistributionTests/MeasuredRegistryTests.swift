// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import RegistryTransport
import Testing

@testable import Benchmarking

/// A registry that is measured: the requests of tasks on an event loop are sent over direct connections.
@Suite struct MeasuredRegistryTests {
    private var settings: RegistryBenchSettings {
        var settings = RegistryBenchSettings()
        (settings.blobSize, settings.pieceSize, settings.smallSize) = (1 << 20, 300_000, 4096)
        return settings
    }

    /// Performs every phase as a measurement does.
    private func measure(_ store: RegistryStore) async throws {
        let load = RegistryLoad(store, root: try Repository("bench/x"), settings: settings, seed: 1)
        for phase in RegistryPhase.allCases {
            try await load.prepare(phase)
            let runner = LoadRunner(connections: 3, executors: EventLoopExecutor.all)
            let schedule = LoadSchedule(pace: .closed, limits: LoadLimits(duration: .seconds(3600), operations: 7))
            let outcome = await runner.run(schedule) { number throws(ContentFailure) in
                try await load.perform(phase, repetition: 0, number)
            }
            let moved = settings.operationSize(of: phase).map { 7 * $0 } ?? 0
            #expect(outcome.operations == 7 && outcome.bytes == moved, "\(phase): \(outcome)")
        }
    }

    private static var direct: RegistryNetworkOptions {
        var options = RegistryNetworkOptions.patient
        options.sendsDirectly = true
        return options
    }

    @Test func `every phase works`() async throws {
        try await withRegistry(options: Self.direct) { loopback in
            try await measure(loopback.network.store(for: loopback.host, as: .target))
        }
    }

    @Test(arguments: [false, true]) func `so does it with a login, and with tokens`(tokens: Bool) async throws {
        try await withRegistry(
            users: ["u": "p"], tokens: tokens, credentials: FixedCredential("u", "p"), options: Self.direct
        ) { loopback in
            try await measure(loopback.network.store(for: loopback.host, as: .target))
        }
    }

    @Test func `so does it where blobs are redirected`() async throws {
        let rules = [FaultRule(RequestMatch(.GET, .blob), .nth(3), .redirect(to: "?again"))]
        try await withRegistry(rules: rules, options: Self.direct) { loopback in
            try await measure(loopback.network.store(for: loopback.host, as: .target))
            #expect(loopback.requests.contains { $0.status == .temporaryRedirect })
        }
    }

    @Test(.enabled(if: Certificates.openssl != nil, "openssl makes the certificates"), arguments: [true, false])
    func `with TLS it works if the authority is trusted, and says what is wrong otherwise`(isTrusted: Bool) async throws
    {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try certificates.issue("registry", for: "IP:127.0.0.1", days: 30)
        var configuration = RegistryConfiguration.patient()
        configuration.tls = .init(
            certificatePath: certificates.path("registry.pem"), keyPath: certificates.path("registry.key"))
        let server = try await RegistryServer.start(configuration)
        var options = Self.direct
        if isTrusted { options.extraCAPath = certificates.authority }
        let network = try RegistryNetwork(options: options)
        let store = try network.store(server.authority)
        if isTrusted {
            try await measure(store)
        } else {
            let failure = await withTaskExecutorPreference(EventLoopExecutor.all[0]) {
                await DistributionTests.failure { try await store.manifest(.tag(.latest), in: .app) }
            }
            #expect(failure?.kind == .untrusted)
            #expect(failure?.message.contains("signed by unknown authority") == true)
        }
        await network.shutdown()
        await server.shutdown(grace: .zero)
    }

    // MARK: Failures

    private static let faults: [Fault] = [
        .answer(.notFound), .answer(.internalServerError), .answer(.tooManyRequests, headers: ["Retry-After": "1"]),
        .cutResponse(.close, afterBytes: nil), .cutResponse(.close, afterBytes: 1000),
        .cutResponse(.reset, afterBytes: 50_000), .shorten(toBytes: 100), .announceLength(10),
        .redirect(to: "http://169.254.169.254/"), .redirect(to: "?again"), .header("Content-Encoding", "gzip"),
    ]

    @Test(arguments: faults.indices) func `what fails has the same reason either way`(fault: Int) async throws {
        let ordinary = try await failure(of: Self.faults[fault], isDirect: false)
        let direct = try await failure(of: Self.faults[fault], isDirect: true)
        #expect(ordinary != nil)
        #expect(
            direct?.kind == ordinary?.kind && direct?.status == ordinary?.status && direct?.retry == ordinary?.retry)
        #expect(direct?.message == ordinary?.message)
    }

    private func failure(of fault: Fault, isDirect: Bool) async throws -> ContentFailure? {
        let options = isDirect ? Self.direct : .patient
        let rules = [FaultRule(RequestMatch(.GET, .blob), .always, fault)]
        return try await withRegistry(rules: rules, options: options) { loopback in
            let blob = SampleBlob(size: 100_000)
            try await loopback.store.push(blob, to: .app)
            return await withTaskExecutorPreference(isDirect ? EventLoopExecutor.all[0] : nil) {
                var failure = await DistributionTests.failure {
                    let opened = try await loopback.store.blob(blob.descriptor, in: .app, range: 0..<100_000)
                    for try await _ in opened.bytes {}
                }
                // Only the port differs.
                failure?.message.replace(loopback.host.name, with: "host")
                return failure
            }
        }
    }
}
