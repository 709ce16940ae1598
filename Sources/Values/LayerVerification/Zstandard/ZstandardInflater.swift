// SPDX-License-Identifier: Apache-2.0

/// Reads a zstd stream of any number of frames as its bytes are pushed in (RFC 8878), and checks their checksums and lengths.
///
/// After a throw the stream is spent.
package struct ZstandardInflater {
    private enum Step {
        case magic
        case descriptor
        /// The rest of a frame's header, by its first byte.
        case header(UInt8)
        case skippedSize
        case skipping(Int)
        case blockHeader
        case block(Block)
        case checksum
    }

    private struct Block {
        var kind: Int
        var size: Int
        var isLast: Bool

        /// Bytes of it in the stream.
        var stored: Int { kind == 1 ? 1 : size }
    }

    private struct Frame {
        var window: Int
        var size: UInt64?
        var hasChecksum: Bool
        var tables = ZstandardTables()
        var checksum = XXHash64()
        /// As far back as matches may reach.
        var bytes: [UInt8] = []
        var length: UInt64 = 0

        var largestBlock: Int { min(window, 128 << 10) }
    }

    private let limit: ExpansionLimit
    private var step = Step.magic
    private var pending: [UInt8] = []
    private var frame = Frame(window: 0, size: nil, hasChecksum: false)
    private var frames = 0
    private var consumed: Int64 = 0
    private var produced: Int64 = 0

    private static let largestWindow = 128 << 20

    package init(limit: ExpansionLimit = ExpansionLimit()) { self.limit = limit }

    /// Takes the next bytes of the stream.
    ///
    /// - Parameter output: gets the inflated bytes in order, in memory that is used again afterwards.
    package mutating func update(
        _ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) -> Void
    ) throws(ZstandardFailure) {
        consumed += Int64(bytes.count)
        pending += bytes
        var offset = 0
        while true {
            if case .skipping(let count) = step {
                let piece = min(count, pending.count - offset)
                offset += piece
                step = piece == count ? .magic : .skipping(count - piece)
                if piece < count { break }
            }
            guard pending.count - offset >= wanted else { break }
            let piece = pending[offset..<offset + wanted]
            offset += piece.count
            try take(Array(piece), output)
        }
        if offset > 0 { pending.removeFirst(offset) }
    }

    /// Says whether the bytes were a whole stream.
    package func finish() throws(ZstandardFailure) {
        guard case .magic = step, pending.isEmpty, frames > 0 else { throw .truncated }
    }

    /// Bytes the next step takes.
    private var wanted: Int {
        switch step {
        case .magic, .skippedSize, .checksum: 4
        case .descriptor: 1
        case .header(let descriptor): Self.headerSizes(descriptor).reduce(0, +)
        case .skipping: 0
        case .blockHeader: 3
        case .block(let block): block.stored
        }
    }

    /// Of the window, the dictionary and the content's size.
    private static func headerSizes(_ descriptor: UInt8) -> [Int] {
        let isSingle = descriptor & 0x20 != 0
        let content = [isSingle ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
        return [isSingle ? 0 : 1, [0, 1, 2, 4][Int(descriptor & 3)], content]
    }

    private mutating func take(
        _ bytes: [UInt8], _ output: (UnsafeRawBufferPointer) -> Void
    ) throws(ZstandardFailure) {
        switch step {
        case .magic: try takeMagic(Self.number(bytes))
        case .descriptor:
            guard bytes[0] & 0x08 == 0 else { throw .reserved }
            step = .header(bytes[0])
        case .header(let descriptor): try takeHeader(descriptor, bytes)
        case .skippedSize: step = .skipping(Int(Self.number(bytes)))
        case .skipping: break
        case .blockHeader: try takeBlockHeader(Int(Self.number(bytes)))
        case .block(let block): try takeBlock(block, bytes, output)
        case .checksum:
            guard Self.number(bytes) == UInt64(frame.checksum.finish()) else { throw .checksum }
            endFrame()
        }
    }

    private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: - Frames

    private mutating func takeMagic(_ magic: UInt64) throws(ZstandardFailure) {
        if magic & ~15 == 0x184D_2A50 {
            step = .skippedSize
        } else if magic == 0xFD2F_B528 {
            step = .descriptor
        } else {
            throw .magic
        }
    }

    private mutating func takeHeader(_ descriptor: UInt8, _ bytes: [UInt8]) throws(ZstandardFailure) {
        let sizes = Self.headerSizes(descriptor)
        let dictionary = bytes[sizes[0]..<sizes[0] + sizes[1]]
        guard Self.number(dictionary) == 0 else { throw .dictionary }
        let content = Self.number(bytes.suffix(sizes[2])) + (sizes[2] == 2 ? 256 : 0)
        let window = sizes[0] == 0 ? Int(clamping: content) : Self.window(bytes[0])
        guard window <= Self.largestWindow else { throw .window(window) }
        frame = Frame(window: window, size: sizes[2] == 0 ? nil : content, hasChecksum: descriptor & 4 != 0)
        step = .blockHeader
    }

    private static func window(_ byte: UInt8) -> Int {
        let base = 1 << (10 + Int(byte >> 3))
        return base + base / 8 * Int(byte & 7)
    }

    private mutating func endFrame() {
        frames += 1
        frame.bytes = []
        step = .magic
    }

    // MARK: - Blocks

    private mutating func takeBlockHeader(_ header: Int) throws(ZstandardFailure) {
        let block = Block(kind: header >> 1 & 3, size: header >> 3, isLast: header & 1 == 1)
        guard block.kind < 3, block.size <= frame.largestBlock else { throw .block }
        step = .block(block)
    }

    private mutating func takeBlock(
        _ block: Block, _ bytes: [UInt8], _ output: (UnsafeRawBufferPointer) -> Void
    ) throws(ZstandardFailure) {
        let start = frame.bytes.count
        switch block.kind {
        case 0: frame.bytes += bytes
        case 1: frame.bytes += repeatElement(bytes[0], count: block.size)
        default: try unpack(bytes)
        }
        let count = frame.bytes.count - start
        frame.length += UInt64(count)
        produced += Int64(count)
        guard produced <= limit.allowance(for: consumed) else { throw .expansion }
        var checksum = frame.checksum
        frame.bytes.withUnsafeBytes { all in
            let fresh = UnsafeRawBufferPointer(rebasing: all[start...])
            checksum.update(fresh)
            if count > 0 { output(fresh) }
        }
        if frame.hasChecksum { frame.checksum = checksum }
        forget()
        if block.isLast { try endBlocks() } else { step = .blockHeader }
    }

    private mutating func unpack(_ bytes: [UInt8]) throws(ZstandardFailure) {
        var (tables, unpacked) = (frame.tables, frame.bytes)
        frame.bytes = []
        let (window, limit) = (frame.window, frame.largestBlock)
        try bytes.withUnsafeBufferPointer { space throws(ZstandardFailure) in
            var block = ZstandardBlock(space)
            try block.decode(&tables, window: window, limit: limit, onto: &unpacked)
        }
        (frame.tables, frame.bytes) = (tables, unpacked)
    }

    /// Lets go of what no match can reach any more, from time to time.
    private mutating func forget() {
        guard frame.bytes.count > 2 * frame.window + 1 << 20 else { return }
        frame.bytes.removeFirst(frame.bytes.count - frame.window)
    }

    private mutating func endBlocks() throws(ZstandardFailure) {
        if let size = frame.size, size != frame.length { throw .size }
        if frame.hasChecksum { step = .checksum } else { endFrame() }
    }
}
