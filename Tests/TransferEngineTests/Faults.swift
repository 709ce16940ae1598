// SPDX-License-Identifier: Apache-2.0

import Content
import Synchronization

/// Breaks a stream once at each of some offsets.
final class Breaks: Sendable {
    private let offsets: Mutex<Set<Int64>>
    init(at offsets: Set<Int64>) { self.offsets = Mutex(offsets) }
    func take(_ offset: Int64) -> Bool { offsets.withLock { $0.remove(offset) != nil } }
}

/// Refuses one request in twenty, for one of the reasons that pass.
final class RandomFaults: Sendable {
    private let state: Mutex<UInt64>
    init(seed: UInt64) { state = Mutex(seed &* 0x9E37_79B9 | 1) }

    func next() -> ContentFailure? {
        let number = state.withLock { state in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        guard number % 20 == 0 else { return nil }
        return [
            ContentFailure(.unavailable, "500", retry: .later, status: 500),
            ContentFailure(.unavailable, "connection reset", retry: .later),
            ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(2)), status: 429),
        ][Int(number / 20 % 3)]
    }
}
