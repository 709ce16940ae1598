// SPDX-License-Identifier: Apache-2.0

extension FixtureContent {
    /// This content as one Zstandard frame of raw blocks (RFC 8878 §3.1.1): real to every decoder, made without one.
    package func zstandard() -> FixtureContent {
        // No window of its own (single segment off, descriptor 0x58: 2 MiB), no content size, no checksum.
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

/// At most 128 KiB fit into a block, whatever the window.
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
