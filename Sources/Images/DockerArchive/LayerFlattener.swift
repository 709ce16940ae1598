// SPDX-License-Identifier: Apache-2.0

/// Lays the layers of an image over one another: takes their tar streams, the top one first, and hands on what is seen of
/// them, entry by entry, headers and contents unchanged.
///
/// What a layer above has or has removed (`.wh.NAME`) hides what is below; so does `.wh..wh..opq` for all of a folder
/// (image-spec, layer.md). Keeps the names seen so far and nothing of the contents.
package struct LayerFlattener: Sendable {
    private enum Part: Sendable {
        case header
        /// Bytes of an entry still to come, padding included, and whether they are handed on.
        case content(rest: Int64, isSeen: Bool)
        /// More about the next entry, collected.
        case more(rest: Int64, header: TarHeader)
        case ended
    }

    private var part = Part.header
    private var block: [UInt8] = []
    /// Extension headers of the entry to come, as they stand.
    private var prefix: [UInt8] = []
    private var extensionBytes: [UInt8] = []
    private var more = TarExtension()
    /// Names handed on or removed; true: hides what is below that name too.
    private var names: [String: Bool] = [:]
    /// Folders whose content in lower layers is hidden; of this layer, and of those above.
    private var opaqueHere: Set<String> = []
    private var opaqueAbove: Set<String> = []

    /// Entries that are devices: an archive from anywhere must not bring any.
    package private(set) var devicesLeftOut = 0

    private static let longestExtension: Int64 = 1 << 20

    package init() {}

    /// The two empty blocks an archive ends with.
    package static let end = [UInt8](repeating: 0, count: 2 * TarHeader.blockSize)

    /// Goes on to the next layer below.
    package mutating func beginLayer() {
        part = .header
        block = []
        prefix = []
        more = TarExtension()
        opaqueAbove.formUnion(opaqueHere)
        opaqueHere = []
    }

    /// Takes the next bytes of a layer.
    ///
    /// - Parameter output: gets what is seen of them, in order.
    package mutating func take(
        _ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) -> Void
    ) throws(ArchiveProblem) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try takePart(rest, output)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Says whether a layer was whole.
    package func finishLayer() throws(ArchiveProblem) {
        switch part {
        case .ended: break
        case .header where block.isEmpty: break
        case .header, .content, .more: throw .cut
        }
    }

    private mutating func takePart(
        _ bytes: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) -> Void
    ) throws(ArchiveProblem) -> Int {
        switch part {
        case .ended: return bytes.count
        case .header:
            let count = min(bytes.count, TarHeader.blockSize - block.count)
            block += bytes.prefix(count)
            if block.count == TarHeader.blockSize { try beginEntry(output) }
            return count
        case .content(let rest, let isSeen):
            let count = Int(min(Int64(bytes.count), rest))
            if isSeen { output(UnsafeRawBufferPointer(rebasing: bytes.prefix(count))) }
            part = rest > Int64(count) ? .content(rest: rest - Int64(count), isSeen: isSeen) : .header
            return count
        case .more(let rest, let header):
            let count = Int(min(Int64(bytes.count), rest))
            extensionBytes += bytes.prefix(count)
            part = .more(rest: rest - Int64(count), header: header)
            if rest == Int64(count) { try endExtension(header) }
            return count
        }
    }

    // MARK: - Entries

    private mutating func beginEntry(_ output: (UnsafeRawBufferPointer) -> Void) throws(ArchiveProblem) {
        defer { block = [] }
        guard var header = try TarHeader(block) else {
            part = .ended
            return
        }
        if TarExtension.kinds.contains(header.kind) {
            guard header.size <= Self.longestExtension else {
                throw .field("size", of: header.name, shown: "\(header.size)")
            }
            prefix += block
            extensionBytes = []
            part = .more(rest: header.paddedSize, header: header)
            if header.size == 0 { try endExtension(header) }
            return
        }
        try Self.keepInside(&block, &header, longName: more.name)
        beginContent(more.apply(to: header), output)
    }

    private mutating func beginContent(
        _ header: TarHeader, _ output: (UnsafeRawBufferPointer) -> Void
    ) {
        let isDevice = header.kind == "3" || header.kind == "4"
        let isSeen = see(header) && !isDevice
        if isDevice { devicesLeftOut += 1 }
        if isSeen { (prefix + block).withUnsafeBytes(output) }
        prefix = []
        let size = header.isHeaderOnly ? 0 : header.paddedSize
        part = size > 0 ? .content(rest: size, isSeen: isSeen) : .header
    }

    /// Names that lead out of the image (`/etc/passwd`, `../x`), of entries and of what hard links share, are taken from the
    /// root of the image, as a runtime does, or refused.
    private static func keepInside(
        _ block: inout [UInt8], _ header: inout TarHeader, longName: String?
    ) throws(ArchiveProblem) {
        let names = [longName ?? header.name] + (header.kind == "1" ? [header.linkName] : [])
        for name in names {
            guard !name.split(separator: "/").contains("..") else { throw .outside(name) }
        }
        guard names.contains(where: { $0.hasPrefix("/") }) else { return }
        guard longName?.hasPrefix("/") != true else { throw .outside(longName ?? "") }
        guard let relative = TarHeader.relative(block), let read = try TarHeader(relative) else {
            throw .outside(header.name)
        }
        block = relative
        header = read
    }

    private mutating func endExtension(_ header: TarHeader) throws(ArchiveProblem) {
        prefix += extensionBytes
        try more.read(extensionBytes.prefix(Int(header.size)), of: header)
        part = .header
    }

    /// Whether an entry is seen from above; notes what it hides.
    private mutating func see(_ header: TarHeader) -> Bool {
        let whole = Self.clean(header.name)
        let (folder, last) = Self.split(whole)
        if last == ".wh..wh..opq" {
            opaqueHere.insert(folder)
            return false
        }
        let isRemoval = last.hasPrefix(".wh.")
        let name = isRemoval ? Self.join(folder, last.dropFirst(4)) : whole
        if names[name] != nil || isHidden(name) { return false }
        names[name] = isRemoval || header.kind != "5"
        return !isRemoval
    }

    private func isHidden(_ name: String) -> Bool {
        var name = name
        while !name.isEmpty {
            let folder = Self.split(name).folder
            if names[folder] == true || opaqueAbove.contains(folder) { return true }
            name = folder
        }
        return false
    }

    // MARK: - Names

    private static func clean(_ name: String) -> String {
        var parts: [Substring] = []
        for part in name.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    private static func split(_ name: String) -> (folder: String, last: Substring) {
        guard let slash = name.lastIndex(of: "/") else { return ("", name[...]) }
        return (String(name[..<slash]), name[name.index(after: slash)...])
    }

    private static func join(_ folder: String, _ last: Substring) -> String {
        folder.isEmpty ? String(last) : "\(folder)/\(last)"
    }
}
