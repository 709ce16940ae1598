// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension NetworkClock {
    package static let system = NetworkClock(
        monotonic: { ContinuousClock.now }, calendar: { Int64(Date().timeIntervalSince1970) })
}
