// SPDX-License-Identifier: Apache-2.0

import CZstd

/// Bytes that are written record by record, kept packed, and read again in the same order.
///
/// The output of a scan repeats itself: packed, it takes a fifth of the memory. That costs one percent of the scan's CPU
/// time (`Benchmarks/scan`).
struct PackedBytes: Sequence {
    private enum Block {
        case packed([UInt8], count: Int)
        case plain([UInt8])
    }

    private var blocks: [Block] = []
    private var last: [UInt8] = []

    /// Large enough to pack well. The last block waits unpacked.
    private static let blockSize = 1 << 17
    /// zstd's fastest ordinary level.
    private static let level: Int32 = 1

    /// - Parameter write: appends one record. Records are not divided between blocks.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        write(&last)
        guard last.count >= Self.blockSize else { return }
        blocks.append(Self.packed(last))
        last.removeAll(keepingCapacity: true)
    }

    /// Bytes that cannot be packed, because memory is short, stay as they are.
    private static func packed(_ bytes: [UInt8]) -> Block {
        let room = ZSTD_compressBound(bytes.count)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { space in
            let count = ZSTD_compress(space.baseAddress, room, bytes, bytes.count, level)
            guard ZSTD_isError(count) == 0 else { return .plain(bytes) }
            // This array has only the memory that it needs.
            return .packed(Array(space[..<count]), count: bytes.count)
        }
    }

    /// The blocks in their order, each one with whole records.
    func makeIterator() -> AnyIterator<[UInt8]> {
        var blocks = self.blocks[...]
        var last: [UInt8]? = self.last
        return AnyIterator {
            switch blocks.popFirst() {
            case .packed(let bytes, let count): return Self.unpacked(bytes, count: count)
            case .plain(let bytes): return bytes
            case nil:
                defer { last = nil }
                return last
            }
        }
    }

    private static func unpacked(_ bytes: [UInt8], count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { space, written in
            written = ZSTD_decompress(space.baseAddress, count, bytes, bytes.count)
            precondition(written == count, "zstd cannot read what it packed")
        }
    }
}
