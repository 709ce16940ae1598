// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
import OCI
import OCILayout

/// A file of images as `docker save` and `crane pull` write them. Only its headers are read; contents stay in the file.
package struct DockerArchive: Sendable {
    /// The position of a file in the archive.
    struct Entry: Hashable {
        var offset: Int64
        var size: Int64
    }

    /// An image of the archive. It names the archive's files.
    package struct Image: Sendable {
        package let tags: [String]
        let config: String
        package let layers: [String]
        /// The layers' descriptors, by diff ID.
        let sources: [String: Descriptor]
    }

    let file: LayoutFile
    let entries: [String: Entry]
    package let images: [Image]

    /// The maximum size of a config and of the list of images, in bytes.
    static let largestText: Int64 = 32 << 20
    private static let mostEntries = 1_000_000

    /// Reads all headers. Blocks.
    ///
    /// - Throws: `ArchiveProblem`, `FileProblem`.
    package init(_ path: String) throws {
        file = try LayoutFile(reading: path)
        entries = try Self.entries(of: file)
        images = try Self.images(in: Self.text(file, entries["manifest.json"], "manifest.json"))
    }

    /// Whether a file begins with a tar header. `init` reports all other problems. Blocks.
    ///
    /// - Throws: `FileProblem` if the file cannot be read.
    package static func isArchive(_ path: String) throws -> Bool {
        let block = try LayoutFile(reading: path).read(at: 0, count: TarHeader.blockSize)
        do throws(ArchiveProblem) { return try TarHeader(Array(block.readableBytesView)) != nil } catch {
            if case .header = error { return false }
            return true
        }
    }

    // MARK: - Headers

    private static func entries(of file: LayoutFile) throws -> [String: Entry] {
        var (entries, links): ([String: Entry], [String: String]) = ([:], [:])
        var (offset, more): (Int64, TarExtension) = (0, TarExtension())
        var count = 0
        while offset < file.size {
            let block = try file.read(at: offset, count: TarHeader.blockSize)
            guard block.readableBytes == TarHeader.blockSize else { throw ArchiveProblem.cut }
            guard var header = try TarHeader(Array(block.readableBytesView)) else { break }
            let isExtension = TarExtension.kinds.contains(header.kind)
            if !isExtension { header = more.apply(to: header) }
            count += 1
            offset += Int64(TarHeader.blockSize)
            guard count <= mostEntries, header.size <= file.size - offset else { throw ArchiveProblem.cut }
            let entry = Entry(offset: offset, size: header.size)
            offset += header.paddedSize
            switch header.kind {
            case _ where isExtension: try more.read(try text(file, entry, header.name), of: header)
            case "1", "2": links[clean(header.name)] = header.linkName
            default: entries[clean(header.name)] = entry
            }
        }
        for (name, target) in links { entries[name] = entries[resolved(target, from: name)] ?? entries[clean(target)] }
        return entries
    }

    private static func clean(_ name: String) -> String { name.hasPrefix("./") ? String(name.dropFirst(2)) : name }

    /// The target of a symbolic link in the folder of `name`.
    private static func resolved(_ target: String, from name: String) -> String {
        var parts = name.split(separator: "/").dropLast()
        for part in target.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    // MARK: - Contents

    static func text(_ file: LayoutFile, _ entry: Entry?, _ name: String) throws -> [UInt8] {
        guard let entry else { throw ArchiveProblem.missing(name) }
        guard entry.size <= largestText else { throw ArchiveProblem.manifest("it is too large") }
        var bytes: [UInt8] = []
        while bytes.count < entry.size {
            let wanted = min(1 << 16, Int(entry.size) - bytes.count)
            let part = try file.read(at: entry.offset + Int64(bytes.count), count: wanted)
            guard part.readableBytes > 0 else { throw ArchiveProblem.cut }
            bytes += part.readableBytesView
        }
        return bytes
    }

    /// Passes on the content of an entry in pieces. Blocks.
    static func read(_ entry: Entry, of file: LayoutFile, _ body: (ByteBuffer) throws -> Void) throws {
        var offset: Int64 = 0
        while offset < entry.size {
            let count = min(LayoutFile.readSize, Int(entry.size - offset))
            let buffer = try file.read(at: entry.offset + offset, count: count)
            guard buffer.readableBytes > 0 else { throw ArchiveProblem.cut }
            offset += Int64(buffer.readableBytes)
            try body(buffer)
        }
    }

    private static func images(in list: [UInt8]) throws -> [Image] {
        guard let document = try? JSON(list), let elements = document.array else {
            throw ArchiveProblem.manifest("it is no list of images")
        }
        return try elements.map { element in
            Image(
                tags: element["RepoTags"]?.array?.compactMap(\.string) ?? [],
                config: element["Config"]?.string ?? "",
                layers: element["Layers"]?.array?.compactMap(\.string) ?? [],
                sources: try LayerSource.read(element["LayerSources"]))
        }
    }

    /// The image to use: the one with this tag, or the only one.
    package func image(tagged tag: String?) throws -> Image {
        if let tag {
            guard let image = images.first(where: { $0.tags.contains(tag) }) else {
                throw ArchiveProblem.noImage(tag)
            }
            return image
        }
        guard images.count == 1 else {
            throw ArchiveProblem.severalImages
        }
        return images[0]
    }

    /// The stored bytes of an entry.
    package func bytes(of name: String) throws -> BlobStream {
        let entry = try entry(name)
        return file.bytes(entry.offset..<entry.offset + entry.size)
    }

    func entry(_ name: String) throws -> Entry {
        guard let entry = entries[Self.clean(name)] else { throw ArchiveProblem.missing(name) }
        return entry
    }
}
