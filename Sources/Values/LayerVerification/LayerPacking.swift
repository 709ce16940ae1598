// SPDX-License-Identifier: Apache-2.0

/// How a layer's archive is packed, by its first bytes. Runtimes go by them, not by the media type: a plain tar under a
/// gzip type runs, and so does the other way round (containerd, archive/compression).
package enum LayerPacking: String, Sendable {
    case tar
    case gzip
    case zstd

    /// Bytes that are enough to tell: one block of a tar.
    static let headLength = 512

    /// By what packers write first, a few bytes; nothing of the kind: not packed.
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
    ///   - head: the first `headLength` bytes, or all there are.
    ///   - format: what the media type says; it decides where the bytes are of no known kind.
    init(head: some Collection<UInt8>, declared format: LayerFormat) {
        self.init(start: head)
        guard self == .tar, let declared = format.packing else { return }
        if !Self.isTar(Array(head.prefix(Self.headLength))) { self = declared }
    }

    /// A block whose checksum is right (POSIX pax, "ustar Interchange Format"). An archive of nothing but zeros is left out:
    /// zeros are what a broken disk gives, too.
    private static func isTar(_ block: [UInt8]) -> Bool {
        guard block.count == headLength else { return false }
        let field = block[148..<156]
        let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        guard let stored = Int(String(decoding: digits, as: UTF8.self), radix: 8) else { return false }
        let sum = block.reduce(0) { $0 + Int($1) } - field.reduce(0) { $0 + Int($1) } + 8 * 0x20
        return sum == stored
    }
}
