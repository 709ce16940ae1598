// SPDX-License-Identifier: Apache-2.0

import CZstd

/// Decodes a zstd stream of any number of frames as its bytes are pushed in (RFC 8878), skips skippable frames, and checks
/// checksums and lengths.
///
/// Frames of zstd's versions before 1.0 are refused. libzstd may be built to decode them, and whether it does depends on how
/// many of their bytes come at once.
///
/// libzstd gets the header of each frame alone and whole. If it completes a header with the first bytes of a longer input, it
/// takes that input for the frame from its magic number on (1.5.4, "single-pass mode" of `ZSTD_decompressStream`), and a
/// header that contains one of a skippable frame hides the frame's content.
package final class ZstandardInflater: LayerDecoder {
    /// `ZSTD_DStream`.
    private let stream: OpaquePointer
    private let output: UnsafeMutableRawBufferPointer
    private let limit: ExpansionLimit
    /// Compressed bytes read so far.
    private var consumed: Int64 = 0
    package private(set) var produced: Int64 = 0
    private var frames = 0
    private var isInsideFrame = false
    /// The bytes of the next frame's header that have come; fewer than it has.
    private var headerBegun: [UInt8] = []

    /// The largest window of a frame, in bytes: the default limit of the zstd program.
    package static let largestWindow = 1 << 27
    /// The window that every decoder should support (RFC 8878 §3.1.1.1.2).
    static let usualWindow = 1 << 23

    /// - Parameter window: the largest window of its frames, in bytes; rounded up to a power of two.
    package init(
        limit: ExpansionLimit = ExpansionLimit(), window: Int = largestWindow
    ) throws(LayerFailure) {
        guard let stream = ZSTD_createDStream() else {
            throw LayerFailure(.noMemory, in: .zstd, part: 1, at: 0)
        }
        let bits = Int.bitWidth - (min(max(window, Self.usualWindow), Self.largestWindow) - 1).leadingZeroBitCount
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Int32(bits))
        self.stream = stream
        self.limit = limit
        output = .allocate(byteCount: GzipInflater.defaultWindow, alignment: 64)
    }

    deinit {
        ZSTD_freeDStream(stream)
        output.deallocate()
    }

    package func update(
        _ bytes: UnsafeRawBufferPointer, output take: (UnsafeRawBufferPointer) -> Void
    ) throws(LayerFailure) {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            position += isInsideFrame ? try decode(rest, output: take) : try begin(rest, output: take)
        }
    }

    /// Takes bytes of the header of a frame.
    ///
    /// - Returns: the number of bytes taken.
    private func begin(
        _ bytes: UnsafeRawBufferPointer, output take: (UnsafeRawBufferPointer) -> Void
    ) throws(LayerFailure) -> Int {
        let count = min(Self.headerLength(headerBegun) - headerBegun.count, bytes.count)
        headerBegun += bytes.prefix(count)
        guard Self.mayBeMagic(Array(headerBegun.prefix(Self.magic.count))) else {
            throw failure(reason(ZSTD_error_prefix_unknown, "unknown magic number"))
        }
        guard headerBegun.count == Self.headerLength(headerBegun) else { return count }
        let header = headerBegun
        headerBegun = []
        try header.withUnsafeBufferPointer { header throws(LayerFailure) in
            _ = try decode(UnsafeRawBufferPointer(header), output: take)
        }
        return count
    }

    private static func mayBeMagic(_ start: [UInt8]) -> Bool {
        magic.starts(with: start) || isSkipped(start + [0x50, 0x2A, 0x4D, 0x18].dropFirst(start.count))
    }

    /// Decodes up to the end of the bytes, or of the frame.
    ///
    /// - Returns: the number of bytes taken.
    private func decode(
        _ bytes: UnsafeRawBufferPointer, output take: (UnsafeRawBufferPointer) -> Void
    ) throws(LayerFailure) -> Int {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        // A full output may have left inflated bytes behind, also when there is no input any more.
        var mayHaveMore = false
        repeat {
            var space = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let start = input.pos
            let rest = ZSTD_decompressStream(stream, &space, &input)
            consumed += Int64(input.pos - start)
            produced += Int64(space.pos)
            if space.pos > 0 { take(UnsafeRawBufferPointer(rebasing: output.prefix(space.pos))) }
            if produced > limit.allowance(for: consumed) { throw failure(.expansion(inflated: produced)) }
            if ZSTD_isError(rest) != 0 { throw failure(reason(rest)) }
            isInsideFrame = rest > 0
            if rest == 0 { frames += 1 }
            mayHaveMore = isInsideFrame && space.pos == space.size
        } while isInsideFrame && (input.pos < input.size || mayHaveMore)
        return input.pos
    }

    package func finish() throws(LayerFailure) {
        if isInsideFrame || frames == 0 || !headerBegun.isEmpty { throw failure(.truncated) }
    }

    private func failure(_ reason: LayerFailure.Reason) -> LayerFailure {
        LayerFailure(reason, in: .zstd, part: frames + 1, at: consumed)
    }

    /// - Parameter result: what the decoder returned; the numbers of its errors are fixed (zstd_errors.h).
    private func reason(_ result: Int) -> LayerFailure.Reason {
        reason(
            ZSTD_ErrorCode(rawValue: UInt32(truncatingIfNeeded: 0 &- result)),
            String(cString: ZSTD_getErrorName(result)))
    }

    private func reason(_ error: ZSTD_ErrorCode, _ words: String) -> LayerFailure.Reason {
        switch error {
        case ZSTD_error_prefix_unknown where frames > 0: .trailing
        case ZSTD_error_prefix_unknown, ZSTD_error_frameParameter_unsupported, ZSTD_error_dictionary_wrong,
            ZSTD_error_version_unsupported:
            .header(words)
        case ZSTD_error_frameParameter_windowTooLarge: .window
        case ZSTD_error_checksum_wrong: .checksum
        case ZSTD_error_memory_allocation: .noMemory
        default: .data(words)
        }
    }
}

extension ZstandardInflater {
    /// What a frame with content begins with (RFC 8878 §3.1.1).
    static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// Whether bytes begin like a skippable frame (RFC 8878 §3.1.2). pzstd writes one in front of each other frame.
    static func isSkipped(_ start: some Collection<UInt8>) -> Bool {
        guard let first = start.first, (0x50...0x5F).contains(first) else { return false }
        return start.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
    }

    /// How many bytes the header of a frame has (RFC 8878 §3.1.1.1, §3.1.2), or as many as tell that.
    private static func headerLength(_ start: [UInt8]) -> Int {
        if isSkipped(start) { return magic.count + 4 }
        guard start.count > magic.count else { return magic.count + 1 }
        let descriptor = start[magic.count]
        let isOneWindow = descriptor & 0x20 != 0
        let contentSize = descriptor >> 6 == 0 && !isOneWindow ? 0 : contentSizes[Int(descriptor >> 6)]
        return magic.count + 1 + (isOneWindow ? 0 : 1) + dictionarySizes[Int(descriptor & 3)] + contentSize
    }

    private static let dictionarySizes = [0, 1, 2, 4]
    private static let contentSizes = [1, 2, 4, 8]

    /// The window size, in bytes, in the header of the first frame with content (RFC 8878 §3.1.1.1).
    ///
    /// - Returns: nil if the stream begins with something else, or these bytes are not enough.
    static func window(of start: some Collection<UInt8>) -> Int? {
        let head = Array(pastSkipped(start).prefix(longestHeader))
        guard head.count >= shortestHeader, head.starts(with: magic) else { return nil }
        let descriptor = head[4]
        guard descriptor & 0x20 != 0 else {
            let base = 1 << (10 + Int(head[5] >> 3))
            return base + base / 8 * Int(head[5] & 7)
        }
        // All of the content is one window.
        let width = contentSizes[Int(descriptor >> 6)]
        let size = head.dropFirst(5 + dictionarySizes[Int(descriptor & 3)]).prefix(width)
        guard size.count == width else { return nil }
        let count = number(size)
        return Int(clamping: width == 2 ? count + 256 : count)
    }

    /// What follows the frames that are skipped.
    private static func pastSkipped<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
        var rest = bytes[...]
        while isSkipped(rest) {
            let size = Array(rest.dropFirst(magic.count).prefix(4))
            guard size.count == 4 else { break }
            rest = rest.dropFirst(magic.count + 4).dropFirst(Int(clamping: number(size)))
        }
        return rest
    }

    private static func number(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static let shortestHeader = 6
    private static let longestHeader = 18
}
