// SPDX-License-Identifier: Apache-2.0

import CZlib
import Content
import ImageFixtures
import LayerVerification
import NIOCore
import OCI

/// What came of inflating bytes pushed in pieces.
struct Inflated {
    var bytes: [UInt8] = []
    var failure: LayerFailure?

    init(_ gzip: [UInt8], pieces: Int = .max, limit: ExpansionLimit = ExpansionLimit(), window: Int = 4096) {
        do throws(LayerFailure) {
            let inflater = try GzipInflater(limit: limit, window: window)
            var rest = gzip[...]
            while !rest.isEmpty {
                let piece = ByteBuffer(bytes: rest.prefix(pieces))
                rest = rest.dropFirst(piece.readableBytes)
                try piece.withUnsafeReadableBytes { piece throws(LayerFailure) in
                    try inflater.update(piece) { bytes.append(contentsOf: $0) }
                }
            }
            try inflater.finish()
        } catch {
            failure = error
        }
    }
}

/// Gzip made for the tests.
enum Sample {
    static let text = Array((0..<2000).map { "line \($0 * $0 % 7919)\n" }.joined().utf8)
    static let gzip = member(text)

    static func member(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
        FixtureContent(bytes).gzipped(level: level).bytes
    }

    /// A member whose header has every optional field, with the checksum of the header where wanted.
    static func memberWithFields(_ bytes: [UInt8], checksum: Bool = true) -> [UInt8] {
        let plain = member(bytes)
        var header = Array(plain[..<10])
        header[3] = 0x04 | 0x08 | 0x10 | (checksum ? 0x02 : 0)
        header += [6, 0] + Array("SGab".utf8) + [0, 0]
        header += Array("name".utf8) + [0] + Array("a comment".utf8) + [0]
        if checksum {
            let sum = header.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
            header += [UInt8(sum & 0xff), UInt8(sum >> 8 & 0xff)]
        }
        return header + plain[10...]
    }

    /// A layer as builders make them: an archive of files of several kinds, compressed.
    static let layer = FixtureLayer([
        TarEntry("etc", .directory), .text("etc/hostname", "fixture\n"),
        .text("etc/services", (0..<800).map { "service-\($0)\t\($0 * 17 % 6553)/tcp\n" }.joined()),
        TarEntry("bin/data", .file(Noise(seed: 7).content(size: 9000), size: 9000)),
        TarEntry("bin/sh", .link(to: "data")),
    ])
}

extension FixtureLayer {
    var bytes: [UInt8] { blob.content.bytes }
    /// As an image's manifest lists it.
    var gzipDescriptor: Descriptor {
        var descriptor = blob.descriptor
        descriptor.mediaType = "application/vnd.oci.image.layer.v1.tar+gzip"
        return descriptor
    }
}

extension [UInt8] {
    func flipping(bit: Int) -> [UInt8] {
        var copy = self
        copy[bit / 8] ^= 1 << (bit % 8)
        return copy
    }

    func buffers(of size: Int) -> [ByteBuffer] {
        stride(from: 0, to: count, by: size).map { ByteBuffer(bytes: self[$0..<Swift.min($0 + size, count)]) }
    }
}

/// What a blob's stream gave before it ended or threw.
struct Passed: Sendable {
    var bytes = 0
    var failure: ContentFailure?

    init(_ blob: VerifiedBlob) async {
        do {
            for try await buffer in blob { bytes += buffer.readableBytes }
        } catch {
            failure = error as? ContentFailure
        }
    }
}
