// SPDX-License-Identifier: Apache-2.0

extension FixtureContent {
    /// This content as one Zstandard frame of raw blocks (RFC 8878 §3.1.1). Every decoder reads it, and no compressor
    /// is needed to write it.
    package func zstandard() -> FixtureContent {
        // Single segment off, window descriptor 0x58 (2 MiB), no content size, no checksum.
        let header: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58]
        return FixtureContent {
            let iterator = makeIterator()
            var start: [UInt8]? = header
            var isFinished = false
            return AnyIterator {
                if let header = start {
                    start = nil
                    return header
                }
                if let chunk = iterator.next() { return rawBlocks(of: chunk) }
                defer { isFinished = true }
                // The last block may be empty.
                return isFinished ? nil : [0x01, 0x00, 0x00]
            }
        }
    }
}

/// Raw blocks of at most 128 KiB, the limit of a block for every window size.
private func rawBlocks(of chunk: [UInt8]) -> [UInt8] {
    let limit = 128 << 10
    var output: [UInt8] = []
    for start in stride(from: 0, to: chunk.count, by: limit) {
        let block = chunk[start..<min(start + limit, chunk.count)]
        let header = UInt32(block.count) << 3
        output += [UInt8(truncatingIfNeeded: header), UInt8(truncatingIfNeeded: header >> 8)]
        output += [UInt8(truncatingIfNeeded: header >> 16)] + block
    }
    return output
}
