// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Decodes a gzip stream of any number of members as its bytes are pushed in, and checks everything that RFC 1952 allows to
/// check: magic, method, reserved flags, header checksum, deflate's grammar, CRC-32 and length of each member.
///
/// Nothing may follow the last member, not even zero bytes: the readers in containerd and Docker (Go, compress/gzip) drain
/// a layer to its end for its diff ID and refuse what is not another member there.
///
/// The digest protects what gzip does not protect (time, name and operating system in a header without checksum, and the
/// padding bits of the last data byte).
package final class GzipInflater: LayerDecoder {
    /// zlib keeps the address of its state.
    private let stream: UnsafeMutablePointer<z_stream>
    private let window: UnsafeMutableRawBufferPointer
    private let limit: ExpansionLimit
    /// Compressed bytes read so far.
    package private(set) var consumed: Int64 = 0
    package private(set) var produced: Int64 = 0
    private var memberStart: Int64 = 0
    private var members = 0
    private var isInsideMember = false

    /// Inflated bytes handed out at once: half of a core's second-level cache, where hashing finds them again.
    package static let defaultWindow = 128 << 10

    package init(limit: ExpansionLimit = ExpansionLimit(), window: Int = defaultWindow) throws(LayerFailure) {
        self.limit = limit
        self.window = .allocate(byteCount: max(1, window), alignment: 64)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 window bits, the largest; 16 more for gzip's frame and no other.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw LayerFailure(.noMemory, in: .gzip, part: 1, at: 0)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        window.deallocate()
    }

    package func update(
        _ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) -> Void
    ) throws(LayerFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            try inflate(piece, output)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
        }
    }

    package func finish() throws(LayerFailure) {
        if isInsideMember || members == 0 { throw failure(.truncated, at: consumed) }
    }

    // MARK: - Members

    private func inflate(
        _ input: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) -> Void
    ) throws(LayerFailure) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        // A full window may have left inflated bytes behind, also when there is no input any more.
        var mayHaveMore = false
        while stream.pointee.avail_in > 0 || (mayHaveMore && isInsideMember) {
            if !isInsideMember { try beginMember() }
            let result = step(output)
            mayHaveMore = stream.pointee.avail_out == 0
            if produced > limit.allowance(for: consumed) {
                throw failure(.expansion(inflated: produced), at: consumed)
            }
            switch result {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: endMember()
            default: throw decoderFailure(result)
            }
        }
    }

    private func step(_ output: (UnsafeRawBufferPointer) -> Void) -> Int32 {
        let available = stream.pointee.avail_in
        stream.pointee.next_out = window.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(window.count)
        let result = CZlib.inflate(stream, Z_NO_FLUSH)
        consumed += Int64(available - stream.pointee.avail_in)
        let count = window.count - Int(stream.pointee.avail_out)
        produced += Int64(count)
        if count > 0 { output(UnsafeRawBufferPointer(rebasing: window.prefix(count))) }
        return result
    }

    private func beginMember() throws(LayerFailure) {
        memberStart = consumed
        // Checked here, because with a single stray byte the decoder would wait for a second one.
        if let first = stream.pointee.next_in?.pointee, first != 0x1f {
            throw failure(members == 0 ? .notGzip(first) : .trailing, at: consumed)
        }
        isInsideMember = true
    }

    private func endMember() {
        members += 1
        isInsideMember = false
        inflateReset(stream)
    }

    // MARK: - Failures

    private func decoderFailure(_ result: Int32) -> LayerFailure {
        if result == Z_MEM_ERROR { return failure(.noMemory, at: consumed) }
        let message = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)"
        let reason = LayerFailure.Reason(zlib: message)
        return failure(reason, at: reason.isHeader ? memberStart : consumed)
    }

    private func failure(_ reason: LayerFailure.Reason, at offset: Int64) -> LayerFailure {
        LayerFailure(reason, in: .gzip, part: members + 1, at: offset)
    }
}

extension LayerFailure.Reason {
    /// Translates zlib's messages. Those about headers and checksums are distinguished; all others are about data.
    fileprivate init(zlib message: String) {
        switch message {
        case "incorrect data check": self = .checksum
        case "incorrect length check": self = .length
        case "incorrect header check", "unknown compression method", "unknown header flags set",
            "header crc mismatch":
            self = .header(message)
        default: self = .data(message)
        }
    }

    fileprivate var isHeader: Bool { if case .header = self { true } else { false } }
}
