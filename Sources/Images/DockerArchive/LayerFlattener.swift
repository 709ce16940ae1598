// SPDX-License-Identifier: Apache-2.0

/// Merges the layers of an image. It takes their tar streams, the top one first, and passes on the visible entries.
/// Contents are unchanged, and so are headers except for the spelling of names: `usr` for `usr/` and `./usr`, as in
/// crane.
///
/// A name that a layer above has, or has removed (`.wh.NAME`), hides the name below; `.wh..wh..opq` hides a whole
/// folder (image-spec, layer.md). Entries of one layer do not hide each other: if a name occurs twice, unpacking leaves
/// the last one, as in a runtime. If hard links are visible but the file that they share is not, the layer with the
/// file has to be read again. The flattener keeps names and the headers of such links, but no contents.
package struct LayerFlattener: Sendable {
    private enum Part: Sendable {
        case header
        /// The number of bytes of an entry that are still to come, with padding, and whether they are passed on.
        case content(rest: Int64, isSeen: Bool)
        /// More blocks of a sparse file's map, then its content.
        case sparseMap(size: Int64, isSeen: Bool)
        /// The content of an extension header, which is collected.
        case more(rest: Int64, header: TarHeader)
        case ended
    }

    private var part = Part.header
    private var block: [UInt8] = []
    /// Extension headers of the next entry, unchanged.
    private var prefix: [UInt8] = []
    /// Global extension headers (`g`) that were not passed on yet.
    private var globals: [UInt8] = []
    private var extensionBytes: [UInt8] = []
    private var more = TarExtension()
    /// The number of the next entry in its layer, counted from 0.
    private var number = 0
    private var shadow = LayerShadow()
    private var contents = SharedContents()
    /// The links to write, by the numbers of the entries with their contents, while a layer is read again. nil while it
    /// is read for the first time.
    private var copies: [Int: [SharedContents.Link]]?
    /// Hard links that follow at the end of the layer.
    private var links: [UInt8] = []
    private var devices = 0

    /// The number of left out devices and of left out links to devices. An archive from an unknown source must not
    /// create devices.
    package var devicesLeftOut: Int { devices + contents.linksToDevices }

    private static let longestExtension: Int64 = 1 << 20
    /// The maximum number of bytes of all extension headers before one entry. Archives have two or three, of some
    /// hundred bytes.
    private static let longestPrefix = 4 << 20
    /// The maximum number of bytes of a name in Linux (limits.h, PATH_MAX).
    private static let longestName = 4096

    package init() {}

    /// The two blocks of zeros at the end of an archive.
    package static let end = [UInt8](repeating: 0, count: 2 * TarHeader.blockSize)

    /// Begins the next layer below.
    package mutating func beginLayer() {
        shadow.beginLayer()
        contents.beginLayer()
        copies = nil
        beginStream()
    }

    /// Whether the ended layer has to be read again, because it contains the content of hard links under a hidden name.
    package var needsLayerAgain: Bool { copies == nil && !contents.wanted.isEmpty }

    /// Begins the same layer again.
    package mutating func beginLayerAgain() {
        copies = contents.wanted
        beginStream()
    }

    private mutating func beginStream() {
        part = .header
        number = 0
        block = []
        (prefix, globals) = ([], [])
        more = TarExtension()
    }

    /// Takes the next bytes of a layer.
    ///
    /// - Parameter output: called with the visible bytes, in order.
    package mutating func take(
        _ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) -> Void
    ) throws(ArchiveProblem) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try takePart(rest, output)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Throws if a layer was not complete, and passes on the links whose content is in the output now.
    package mutating func finishLayer(
        output: (UnsafeRawBufferPointer) -> Void
    ) throws(ArchiveProblem) {
        switch part {
        case .ended: break
        case .header where block.isEmpty: break
        case .header, .content, .sparseMap, .more: throw .cut
        }
        if let copies {
            guard copies.isEmpty else { throw .cut }
        } else {
            for (link, target) in try contents.settle(shadow) {
                links += try TarHeader.link(link.header, link.name, to: target)
            }
        }
        links.withUnsafeBytes(output)
        links = []
    }

    /// Throws, after the last layer, if a hard link has no content.
    package func finish() throws(ArchiveProblem) { try contents.finish() }

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
        case .sparseMap(let size, let isSeen):
            let count = min(bytes.count, TarHeader.blockSize - block.count)
            block += bytes.prefix(count)
            if block.count == TarHeader.blockSize { endSparseMap(size, isSeen, output) }
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
            extensionBytes = block
            part = .more(rest: header.paddedSize, header: header)
            if header.size == 0 { try endExtension(header) }
            return
        }
        try Self.keepInside(&block, &header, more)
        let said = more
        try beginContent(more.apply(to: header), said, output)
    }

    private mutating func beginContent(
        _ header: TarHeader, _ said: TarExtension, _ output: (UnsafeRawBufferPointer) -> Void
    ) throws(ArchiveProblem) {
        let isSeen = try copies == nil ? see(header, said, output) : copy(said, output)
        number += 1
        (prefix, globals) = ([], [])
        let size = header.isHeaderOnly ? 0 : header.paddedSize
        if header.kind == "S", TarHeader.continues(sparse: block) {
            part = .sparseMap(size: size, isSeen: isSeen)
        } else {
            part = size > 0 ? .content(rest: size, isSeen: isSeen) : .header
        }
    }

    private mutating func endSparseMap(
        _ size: Int64, _ isSeen: Bool, _ output: (UnsafeRawBufferPointer) -> Void
    ) {
        if isSeen { block.withUnsafeBytes(output) }
        let goesOn = TarHeader.continues(sparseMap: block)
        block = []
        if !goesOn { part = size > 0 ? .content(rest: size, isSeen: isSeen) : .header }
    }

    /// Handles names that lead out of the image, of entries and of the targets of hard links. `/etc/passwd` is taken
    /// from the root of the image, as a runtime does. `../x` is refused, and so is an absolute name in an extension
    /// header.
    private static func keepInside(
        _ block: inout [UInt8], _ header: inout TarHeader, _ more: TarExtension
    ) throws(ArchiveProblem) {
        let isLink = header.kind == "1"
        let names = [more.name ?? header.name] + (isLink ? [more.linkName ?? header.linkName] : [])
        for name in names {
            guard !name.split(separator: "/").contains("..") else { throw .outside(name) }
        }
        guard names.contains(where: { $0.hasPrefix("/") }) else { return }
        for long in [more.name, isLink ? more.linkName : nil].compactMap(\.self) {
            guard !long.hasPrefix("/") else { throw .outside(long) }
        }
        guard let relative = TarHeader.relative(block), let read = try TarHeader(relative) else {
            throw .outside(header.name)
        }
        block = relative
        header = read
    }

    private mutating func endExtension(_ header: TarHeader) throws(ArchiveProblem) {
        if header.kind == "g" { globals += extensionBytes } else { prefix += extensionBytes }
        guard prefix.count + globals.count <= Self.longestPrefix else {
            throw .field("extension headers", of: header.name, shown: "more than \(Self.longestPrefix) bytes")
        }
        try more.read(extensionBytes.dropFirst(TarHeader.blockSize).prefix(Int(header.size)), of: header)
        for name in [more.name, more.linkName].compactMap(\.self) where name.utf8.count > Self.longestName {
            throw .field("name", of: name, shown: "\(name.utf8.count) bytes")
        }
        part = .header
    }

    /// Notes what an entry hides, and passes on its header if the entry is visible. Returns whether it is.
    private mutating func see(
        _ header: TarHeader, _ said: TarExtension, _ output: (UnsafeRawBufferPointer) -> Void
    ) throws(ArchiveProblem) -> Bool {
        if header.isDevice { devices += 1 }
        switch LayerEntry(header.name) {
        case .opaque(let folder): shadow.makeOpaque(folder)
        case .removal(let name): shadow.remove(name)
        case .file(let name):
            shadow.add(name, isFolder: header.kind == "5")
            let isGoingOn = try contents.add(
                header, named: name, number: number, isShown: shadow.shows(name),
                entry: EntryHeader(block: block, said: said))
            guard isGoingOn else { break }
            let clean = spelled(name.isEmpty ? "." : name, header, said)
            (globals + (clean ?? prefix + block)).withUnsafeBytes(output)
            return true
        }
        return false
    }

    /// The headers with the name in its clean spelling; nil if they stay as they are. They also stay for a file whose
    /// name ends with a slash, which makes it a folder in tar before POSIX, for a sparse file, whose map contains its
    /// name, and for a name that is not valid text.
    private func spelled(_ name: String, _ header: TarHeader, _ said: TarExtension) -> [UInt8]? {
        guard name != header.name, !said.isSparse, header.kind == "5" || !header.name.hasSuffix("/") else { return nil }
        return try? TarHeader.renamed(block, name, keeping: said)
    }

    // MARK: - Once more

    /// Passes on the header of an entry whose own name is hidden but to which visible hard links lead.
    private mutating func copy(
        _ said: TarExtension, _ output: (UnsafeRawBufferPointer) -> Void
    ) throws(ArchiveProblem) -> Bool {
        guard let wanted = copies?.removeValue(forKey: number), let first = wanted.first else { return false }
        try TarHeader.renamed(block, first.name, keeping: said).withUnsafeBytes(output)
        for other in wanted.dropFirst() { links += try TarHeader.link(other.header, other.name, to: first.name) }
        return true
    }
}
