// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RegistryTransport

@Suite struct CertificateComplaintTests {
    private typealias Facts = CertificateComplaint.Facts

    private static let now: Int64 = 1_800_000_000

    private func reason(_ chain: [Facts], isTrusted: Bool = false) -> String {
        CertificateComplaint(chain: chain, host: "r.io", isTrusted: isTrusted, now: Self.now).reason
    }

    private func facts(_ start: Int64, _ end: Int64, _ names: [String] = [], isSelfSigned: Bool = false) -> Facts {
        Facts(start: Self.now + start, end: Self.now + end, names: names, isSelfSigned: isSelfSigned)
    }

    @Test func `what is wrong is said as Go says it`() {
        let period = "certificate has expired or is not yet valid: current time 2027-01-15T08:00:00Z is "
        #expect(reason([facts(-100, -60)]) == period + "after 2027-01-15T07:59:00Z")
        #expect(reason([facts(-9, 9), facts(-100, -60)]) == period + "after 2027-01-15T07:59:00Z")
        #expect(reason([facts(60, 120)]) == period + "before 2027-01-15T08:01:00Z")
        #expect(reason([facts(-9, 9)]) == "certificate signed by unknown authority")
        #expect(
            reason([facts(-9, 9, isSelfSigned: true)])
                == "certificate signed by unknown authority (it is signed by itself)")
        #expect(
            reason([facts(-9, 9, ["a.io", "10.0.0.1"])], isTrusted: true)
                == "certificate is valid for a.io, 10.0.0.1, not r.io")
        #expect(
            reason([facts(-9, 9)], isTrusted: true)
                == "certificate is not valid for any names, but wanted to match r.io")
        #expect(reason([]) == "certificate signed by unknown authority")
    }

    @Test(arguments: [
        [], [0x30], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x30, 0x02, 0x30, 0x7F], [0x30, 0x80, 0, 0],
    ])
    func `bytes that are no certificate have no names`(bytes: [UInt8]) { #expect(CertificateNames(der: bytes) == nil) }
}
