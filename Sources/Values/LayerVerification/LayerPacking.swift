// SPDX-License-Identifier: Apache-2.0

/// The compression of a layer's archive, by its first bytes. Runtimes use these and not the media type: an uncompressed tar
/// with a gzip type works, and so does the reverse (containerd, archive/compression).
package enum LayerPacking: String, Sendable {
    case tar
    case gzip
    case zstd

    /// The bytes needed to detect it: one block of a tar.
    static let headLength = 512

    /// Detects it by the magic bytes of compressors; without them the archive is uncompressed.
    package init(start: some Collection<UInt8>) {
        if start.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if start.starts(with: ZstandardInflater.magic) || ZstandardInflater.isSkipped(start) {
            self = .zstd
        } else {
            self = .tar
        }
    }

    /// - Parameters:
    ///   - head: the first `headLength` bytes, or all bytes of a shorter layer.
    ///   - format: the format in the media type. It decides if the bytes are of no known kind.
    init(head: some Collection<UInt8>, declared format: LayerFormat) {
        self.init(start: head)
        guard self == .tar, let declared = format.packing else { return }
        if !Self.isTar(Array(head.prefix(Self.headLength))) { self = declared }
    }

    /// A block whose checksum is right (POSIX pax, "ustar Interchange Format"). An archive of only zeros does not count,
    /// because a broken disk returns zeros, too.
    private static func isTar(_ block: [UInt8]) -> Bool {
        guard block.count == headLength else { return false }
        let field = block[148..<156]
        let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        guard let stored = Int(String(decoding: digits, as: UTF8.self), radix: 8) else { return false }
        let sum = block.reduce(0) { $0 + Int($1) } - field.reduce(0) { $0 + Int($1) } + 8 * 0x20
        return sum == stored
    }
}
