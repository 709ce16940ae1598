// SPDX-License-Identifier: Apache-2.0

import NIOSSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is wrong with a peer's certificate, in the words of Go's crypto/x509, which people and scripts know from gcrane.
struct CertificateComplaint: Equatable {
    /// The fields of a certificate.
    struct Facts: Equatable {
        /// Seconds since 1970.
        let start: Int64
        let end: Int64
        /// The names that it is valid for, including addresses.
        let names: [String]
        let isSelfSigned: Bool
    }

    let reason: String

    /// - Parameters:
    ///   - chain: as the peer sent it, its own certificate first.
    ///   - isTrusted: whether the chain is trusted, so that only the host's name can be wrong.
    ///   - now: seconds since 1970.
    init(chain: [Facts], host: String, isTrusted: Bool, now: Int64) {
        let names = chain.first?.names ?? []
        if isTrusted {
            reason =
                names.isEmpty
                ? "certificate is not valid for any names, but wanted to match \(host)"
                : "certificate is valid for \(names.prefix(8).joined(separator: ", ")), not \(host)"
        } else if let late = chain.first(where: { $0.end < now }) {
            reason = Self.period + "current time \(Self.time(now)) is after \(Self.time(late.end))"
        } else if let early = chain.first(where: { $0.start > now }) {
            reason = Self.period + "current time \(Self.time(now)) is before \(Self.time(early.start))"
        } else {
            let isAlone = chain.first?.isSelfSigned == true
            reason = "certificate signed by unknown authority" + (isAlone ? " (it is signed by itself)" : "")
        }
    }

    private static let period = "certificate has expired or is not yet valid: "

    private static func time(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

extension CertificateComplaint.Facts {
    init(_ certificate: NIOSSLCertificate) {
        let der = (try? certificate.toDERBytes()) ?? []
        self.init(
            start: Int64(certificate.notValidBefore), end: Int64(certificate.notValidAfter),
            names: Self.names(of: certificate), isSelfSigned: CertificateNames(der: der)?.areEqual ?? false)
    }

    private static func names(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().compactMap { name in
            switch name.nameType {
            case .dnsName: String(decoding: name.contents, as: UTF8.self)
            case .ipAddress: IPAddress(bytes: Array(name.contents))?.text
            default: nil
            }
        }
    }
}

/// The issuer and subject of a certificate, as encoded bytes (RFC 5280 §4.1).
struct CertificateNames {
    let issuer: [UInt8]
    let subject: [UInt8]

    var areEqual: Bool { issuer == subject }

    init?(der: [UInt8]) {
        guard var certificate = DERValue(der[...])?.content, let body = DERValue.next(&certificate)?.content else {
            return nil
        }
        var rest = body
        var values: [DERValue] = []
        while values.count < 6, let value = DERValue.next(&rest) {
            // Only the version may be missing.
            if value.tag != 0xA0 { values.append(value) }
        }
        // Serial number, signature algorithm, issuer, validity, subject.
        guard values.count >= 5 else { return nil }
        issuer = Array(values[2].content)
        subject = Array(values[4].content)
    }
}

/// One value of ASN.1's distinguished encoding.
private struct DERValue {
    let tag: UInt8
    let content: ArraySlice<UInt8>

    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        guard let value = Self.next(&rest) else { return nil }
        self = value
    }

    private init(tag: UInt8, content: ArraySlice<UInt8>) {
        self.tag = tag
        self.content = content
    }

    static func next(_ rest: inout ArraySlice<UInt8>) -> DERValue? {
        guard let tag = rest.popFirst(), let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let digits = rest.prefix(Int(first & 0x7F))
            guard (1...4).contains(digits.count), digits.count == Int(first & 0x7F) else { return nil }
            length = digits.reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(digits.count)
        }
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return DERValue(tag: tag, content: rest.prefix(length))
    }
}
