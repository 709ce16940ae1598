// SPDX-License-Identifier: Apache-2.0

/// The identity of content: an algorithm and the hash of exact bytes.
///
/// Only algorithms this program can compute exist as values, because content whose digest cannot be computed could not
/// be verified (OCI image-spec, descriptor.md, "Digests"). A value is always well formed: the right number of
/// lower-case hexadecimal digits for its algorithm.
package struct Digest: Hashable, Sendable {
    package enum Algorithm: String, Sendable, CaseIterable {
        case sha256
        case sha512

        /// Length of the hash in hexadecimal digits.
        package var hexLength: Int { self == .sha256 ? 64 : 128 }
    }

    /// The canonical spelling, `algorithm:hex`.
    package let text: String
    package let algorithm: Algorithm

    /// The hash alone, in lower-case hexadecimal.
    package var hex: Substring { text.dropFirst(algorithm.rawValue.utf8.count + 1) }

    /// The hash alone, as bytes.
    package var bytes: [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).map {
            Self.value(of: digits[$0]) << 4 | Self.value(of: digits[$0 + 1])
        }
    }

    /// The first twelve hexadecimal digits. For people only.
    package var short: Substring { hex.prefix(12) }

    /// Parses `sha256:…` or `sha512:…`.
    ///
    /// - Throws: `DigestError`, naming which rule was broken.
    package init(_ text: some StringProtocol) throws(DigestError) {
        // Generic code is not specialized in other modules. This parse took 4 % of the CPU time of a HEAD.
        try self.init(whole: String(text))
    }

    private init(whole text: String) throws(DigestError) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed(text) }
        guard let algorithm = Algorithm(rawValue: String(text[..<colon])) else { throw .unsupportedAlgorithm(text) }
        let hex = text.utf8[text.utf8.index(after: colon)...]
        guard hex.count == algorithm.hexLength else { throw .wrongLength(text) }
        let isHex = hex.withContiguousStorageIfAvailable { digits in digits.reduce(true) { $0 && Self.isLowerHex($1) } }
        guard isHex ?? hex.allSatisfy(Self.isLowerHex) else { throw .malformed(text) }
        self.text = text
        self.algorithm = algorithm
    }

    /// Wraps the finished hash of content.
    ///
    /// - Precondition: `hash` has the length of `algorithm`; hashes come from a hash function, not from outside.
    package init(_ algorithm: Algorithm, hash: some Sequence<UInt8>) {
        // Generic code is not specialized in other modules.
        self.init(algorithm, bytes: Array(hash))
    }

    /// As `init(_:hash:)`.
    package init(_ algorithm: Algorithm, bytes hash: [UInt8]) {
        var text = Array(algorithm.rawValue.utf8)
        let length = text.count + 1 + algorithm.hexLength
        text.reserveCapacity(length)
        text.append(UInt8(ascii: ":"))
        for byte in hash {
            text.append(Self.hexDigits[Int(byte >> 4)])
            text.append(Self.hexDigits[Int(byte & 15)])
        }
        precondition(text.count == length)
        self.text = String(decoding: text, as: UTF8.self)
        self.algorithm = algorithm
    }

    /// - Parameter digit: a digit of a digest's hash: lower-case hexadecimal.
    static func value(of digit: UInt8) -> UInt8 {
        digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Digest: CustomStringConvertible {
    package var description: String { text }
}

extension Digest: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// Why a text is not a digest. The text is kept unchanged; print it through `displayable`.
package enum DigestError: Error, Equatable, CustomStringConvertible {
    case malformed(String)
    case unsupportedAlgorithm(String)
    case wrongLength(String)

    package var description: String {
        switch self {
        case .malformed(let text): "\"\(text.displayable)\" is not a digest: expected algorithm:lower-case-hex"
        case .unsupportedAlgorithm(let text):
            "the digest \"\(text.displayable)\" uses an algorithm other than sha256 and sha512"
        case .wrongLength(let text): "the digest \"\(text.displayable)\" has the wrong length for its algorithm"
        }
    }
}
