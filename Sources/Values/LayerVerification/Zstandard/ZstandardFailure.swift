// SPDX-License-Identifier: Apache-2.0

/// Where a stream breaks RFC 8878, or a bound of this program.
package enum ZstandardFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case magic
    case truncated
    case reserved
    /// Of a frame that wants more memory than is given.
    case window(Int)
    case dictionary
    case block
    case literals
    case table
    case sequences
    /// A match begins before the frame does, or before its window.
    case offset
    case checksum
    case size
    case expansion

    package var description: String {
        switch self {
        case .magic: "zstd: what follows is no frame"
        case .truncated: "zstd: ends in the middle"
        case .reserved: "zstd: reserved bits are set"
        case .window(let size): "zstd: a frame wants a window of \(size) bytes, more than the 128 MiB allowed"
        case .dictionary: "zstd: a frame wants a dictionary"
        case .block: "zstd: a block cannot be read"
        case .literals: "zstd: the literals of a block cannot be read"
        case .table: "zstd: a table of a block cannot be read"
        case .sequences: "zstd: the sequences of a block cannot be read"
        case .offset: "zstd: a match begins before its window"
        case .checksum: "zstd: the bytes do not match their checksum"
        case .size: "zstd: the bytes do not have the length promised"
        case .expansion: "zstd: expands to more than is allowed"
        }
    }
}
