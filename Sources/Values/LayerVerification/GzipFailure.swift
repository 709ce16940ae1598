// SPDX-License-Identifier: Apache-2.0

/// Where a gzip stream breaks RFC 1952 or RFC 1951, or a bound of this program.
package struct GzipFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// It begins with another byte than gzip does.
        case notGzip(UInt8)
        /// The frame of a member: magic, method, reserved flags, header checksum.
        case header(String)
        /// The compressed data cannot be read.
        case data(String)
        /// CRC-32 of what was inflated is not the one the member ends with.
        case checksum
        /// Nor is its length.
        case length
        case truncated
        /// Something that is no further member follows the last one.
        case trailing
        /// More came out than the limit allows.
        case expansion(inflated: Int64)
        case noMemory
    }

    /// Bytes of the compressed stream that lie before the place in question: for headers and trailing bytes where they
    /// begin, else how far the decoder had read.
    package let offset: Int64
    /// Counted from 1.
    package let member: Int
    package let reason: Reason

    package init(offset: Int64, member: Int, reason: Reason) {
        self.offset = offset
        self.member = member
        self.reason = reason
    }
}

extension GzipFailure: CustomStringConvertible {
    package var description: String {
        "at byte \(offset), gzip member \(member): \(reason.text)"
    }
}

extension GzipFailure.Reason {
    fileprivate var text: String {
        switch self {
        case .notGzip(let byte):
            "begins with byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16)), not with gzip's 0x1f"
        case .header(let detail): "unreadable header (\(detail))"
        case .data(let detail): "unreadable data (\(detail))"
        case .checksum: "the inflated bytes do not match their CRC-32"
        case .length: "the inflated bytes do not match their length"
        case .truncated: "ends in the middle"
        case .trailing: "something that is not gzip follows the last member"
        case .expansion(let inflated): "expanded to \(inflated) bytes, more than is allowed so far"
        case .noMemory: "no memory for a decompressor"
        }
    }

    /// From the decoder's own words; those it has for frames are told apart, the rest is about data.
    init(zlib message: String) {
        switch message {
        case "incorrect data check": self = .checksum
        case "incorrect length check": self = .length
        case "incorrect header check", "unknown compression method", "unknown header flags set",
            "header crc mismatch":
            self = .header(message)
        default: self = .data(message)
        }
    }

    var isHeader: Bool { if case .header = self { true } else { false } }
}
