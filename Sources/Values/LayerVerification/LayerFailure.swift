// SPDX-License-Identifier: Apache-2.0

/// A compressed stream violates its format (RFC 1952 and RFC 1951, RFC 8878), or a limit of this program.
package struct LayerFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// It begins with another byte than gzip does.
        case notGzip(UInt8)
        /// The header of a member or a frame is invalid: magic, method, reserved flags, header checksum, a dictionary.
        case header(String)
        /// The compressed data cannot be read.
        case data(String)
        /// The checksum of the inflated bytes differs from the stored one.
        case checksum
        /// The length of the inflated bytes differs from the stored one.
        case length
        case truncated
        /// After the last member or frame there are bytes that are not another one.
        case trailing
        /// More came out than the limit allows.
        case expansion(inflated: Int64)
        /// A frame needs a larger window than allowed, which would take this much memory.
        case window
        case noMemory
    }

    package let packing: LayerPacking
    /// The offset in the compressed stream: for headers and trailing bytes their beginning, otherwise how far the decoder
    /// had read.
    package let offset: Int64
    /// The member of gzip, or the frame of zstd; counted from 1.
    package let part: Int
    package let reason: Reason

    package init(_ reason: Reason, in packing: LayerPacking, part: Int, at offset: Int64) {
        self.packing = packing
        self.offset = offset
        self.part = part
        self.reason = reason
    }

    /// Whether the bytes are a decompression bomb, and not accidental damage.
    package var isExcess: Bool {
        switch reason {
        case .expansion, .window: true
        default: false
        }
    }
}

extension LayerFailure: CustomStringConvertible {
    /// `at byte 17, gzip member 1: ends in the middle`
    package var description: String {
        "at byte \(offset), \(packing.rawValue) \(packing.unit) \(part): \(reason.text(packing))"
    }
}

extension LayerPacking {
    /// The name of a stream's parts.
    fileprivate var unit: String { self == .zstd ? "frame" : "member" }
}

extension LayerFailure.Reason {
    fileprivate func text(_ packing: LayerPacking) -> String {
        switch self {
        case .notGzip(let byte):
            "begins with byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16)), not with gzip's 0x1f"
        case .header(let detail): "unreadable header (\(detail))"
        case .data(let detail): "unreadable data (\(detail))"
        case .checksum: "the inflated bytes do not match their \(packing == .gzip ? "CRC-32" : "checksum")"
        case .length: "the inflated bytes do not match their length"
        case .truncated: "ends in the middle"
        case .trailing: "something that is not \(packing.rawValue) follows the last \(packing.unit)"
        case .expansion(let inflated): "expanded to \(inflated) bytes, more than is allowed so far"
        case .window: "looks back further than its first frame, or than \(ZstandardInflater.largestWindow >> 20) MiB"
        case .noMemory: "no memory for a decompressor"
        }
    }
}
