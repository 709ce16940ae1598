// SPDX-License-Identifier: Apache-2.0

/// Checks only the format of a tar stream: every header is valid, the last entry is complete and, if requested, no name
/// occurs twice.
package struct TarInspector: Sendable {
    private enum Part: Sendable {
        case header
        /// The number of bytes still to come, with padding. The content of an extension header is collected.
        case content(rest: Int64, extending: TarHeader?)
        /// More blocks of a sparse file's map, then its content.
        case sparseMap(size: Int64)
        case ended
    }

    private var part = Part.header
    private var collected: [UInt8] = []
    private var more = TarExtension()
    private var names: Set<String> = []

    private static let longestExtension: Int64 = 1 << 20

    private let refusesDuplicates: Bool

    package init(refusesDuplicates: Bool = true) { self.refusesDuplicates = refusesDuplicates }

    package mutating func take(_ bytes: UnsafeRawBufferPointer) throws(ArchiveProblem) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try takePart(rest)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Throws if the stream was not complete. The blocks of zeros at its end may be missing.
    package func finish() throws(ArchiveProblem) {
        switch part {
        case .ended: break
        case .header where collected.isEmpty: break
        case .header, .content, .sparseMap: throw .cut
        }
    }

    private mutating func takePart(_ bytes: UnsafeRawBufferPointer) throws(ArchiveProblem) -> Int {
        switch part {
        // Everything after the end is padding.
        case .ended: return bytes.count
        case .header:
            let count = min(bytes.count, TarHeader.blockSize - collected.count)
            collected += bytes.prefix(count)
            if collected.count == TarHeader.blockSize { try beginEntry() }
            return count
        case .sparseMap(let size):
            let count = min(bytes.count, TarHeader.blockSize - collected.count)
            collected += bytes.prefix(count)
            if collected.count == TarHeader.blockSize { endSparseMap(size) }
            return count
        case .content(let rest, let header):
            let count = Int(min(Int64(bytes.count), rest))
            if header != nil { collected += bytes.prefix(count) }
            part = .content(rest: rest - Int64(count), extending: header)
            if rest == Int64(count) { try endContent(header) }
            return count
        }
    }

    private mutating func beginEntry() throws(ArchiveProblem) {
        defer { collected = [] }
        guard var header = try TarHeader(collected) else {
            part = .ended
            return
        }
        let isExtension = TarExtension.kinds.contains(header.kind)
        if isExtension, header.size > Self.longestExtension {
            throw .field("size", of: header.name, shown: "\(header.size)")
        }
        if !isExtension { header = more.apply(to: header) }
        // Go's tar reader, which crane uses, counts a global header as an entry.
        if refusesDuplicates, !isExtension || header.kind == "g", !names.insert(header.name).inserted {
            throw .duplicate(header.name)
        }
        let size = header.isHeaderOnly ? 0 : header.paddedSize
        if header.kind == "S", TarHeader.continues(sparse: collected) {
            part = .sparseMap(size: size)
        } else {
            part = size > 0 ? .content(rest: size, extending: isExtension ? header : nil) : .header
        }
    }

    private mutating func endSparseMap(_ size: Int64) {
        let goesOn = TarHeader.continues(sparseMap: collected)
        collected = []
        if !goesOn { part = size > 0 ? .content(rest: size, extending: nil) : .header }
    }

    private mutating func endContent(_ header: TarHeader?) throws(ArchiveProblem) {
        if let header { try more.read(collected.prefix(Int(header.size)), of: header) }
        collected = []
        part = .header
    }
}
