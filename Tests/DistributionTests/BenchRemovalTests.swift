// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import RegistryFaults
import Synchronization
import Testing
import TransferEngine
import TransshipTesting

@testable import Benchmarking

extension RegistryStore: ContentEraser {}

/// Removing what a measurement stored, from a registry that throttles.
@Suite struct BenchRemovalTests {
    private static let phases: [RegistryPhase] = [.smallPut, .manifestGet]

    /// Stores what phases need, and removes it from a registry that refuses deletions by these rules.
    ///
    /// - Returns: what is left, and how long the pauses were that were told.
    private func remove(
        _ rules: FaultRule..., body: (Loopback, Leftovers, JumpingClock, [Duration]) throws -> Void
    ) async throws {
        try await withRegistry { loopback in
            let store = loopback.network.store(for: loopback.host, as: .target)
            var settings = RegistryBenchSettings()
            settings.blobSize = 64
            let load = RegistryLoad(store, root: try Repository("bench/x"), settings: settings, seed: 1)
            for phase in Self.phases { _ = try await perform(phase, load) }
            loopback.faults.replaceRules(rules)
            loopback.faults.forgetRequests()
            let clock = JumpingClock()
            let told = Mutex<[Duration]>([])
            let pace = RemovalPace(
                StoreID(loopback.host), connections: 4, limit: .seconds(60), clock: clock,
                paused: { _, pause, _ in told.withLock { $0.append(pause.length) } })
            let left = await ContentRemoval(load.content, root: load.root).remove(with: store, pace)
            try body(loopback, left, clock, told.withLock { $0 })
        }
    }

    private func perform(_ phase: RegistryPhase, _ load: RegistryLoad) async throws {
        try await load.prepare(phase)
        _ = try await load.perform(phase, repetition: 0, 0)
    }

    @Test(arguments: [HTTPResponseStatus.tooManyRequests, .serviceUnavailable])
    func `a registry that throttles deletions for some seconds is empty afterwards`(
        status: HTTPResponseStatus
    ) async throws {
        let throttle = Fault.answer(status, headers: ["Retry-After": "7"])
        try await remove(
            FaultRule(RequestMatch(.DELETE, .manifest), .every(5), throttle),
            FaultRule(RequestMatch(.DELETE, .blob), .nth(1), throttle)
        ) { loopback, left, clock, told in
            #expect(left.isEmpty && left.reason == nil, "\(left)")
            #expect(clock.now >= .seconds(14) && told.allSatisfy { $0 >= .seconds(7) } && told.count >= 2)
            let deleted = loopback.requests.filter { $0.method == .DELETE && !$0.wasFaulty }
            #expect(deleted.count == 16 + 66 && deleted.allSatisfy { $0.status == .accepted })
        }
    }

    @Test func `a registry that throttles for longer is left alone, and what is left is told with its reason`()
        async throws
    {
        let throttle = Fault.answer(.tooManyRequests, headers: ["Retry-After": "3600"])
        try await remove(FaultRule(RequestMatch(.DELETE), .after(4), throttle)) { loopback, left, clock, told in
            #expect(left.manifests == 12 && left.blobs == 66 && left.reason?.contains("429") == true, "\(left)")
            #expect(clock.now == .zero && told.isEmpty)
            // Each connection may have sent one request before the answer came, and blobs are asked for once.
            #expect(loopback.requests.count { $0.wasFaulty } <= 4 + 1)
        }
    }
}
