// SPDX-License-Identifier: Apache-2.0

import Content
import Files
import NIOCore
import OCI

/// The files of an OCI image layout (image-spec, image-layout.md). Everything here blocks.
///
/// ```
/// oci-layout                 {"imageLayoutVersion":"1.0.0"}
/// index.json                 the images and their names
/// index.json.lock            locked while the index is changed
/// blobs/sha256/<hex>         every content once, manifests too
/// .partial-<random>          content that is not complete
/// ```
///
/// A file gets its final name atomically, when it is complete and its digest was verified. The index is replaced
/// atomically under a lock, so several programs can add images at the same time. A program that is killed leaves
/// partial files, which are never read. The next program that writes here removes them.
struct LayoutFolder: Sendable {
    let path: String

    /// The content of `oci-layout` as crane writes it.
    private static let version = "{\n    \"imageLayoutVersion\": \"1.0.0\"\n}"
    private static let partial = ".partial-"
    private static let largestIndex = 64 << 20
    static let largestManifest = 8 << 20

    func blobPath(_ digest: Digest) -> String { "\(path)/\(blobName(digest))" }

    private func blobName(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }

    private var indexPath: String { path + "/index.json" }

    // MARK: - Reading

    /// The path of a file of the layout. Links inside the folder are followed, because some build tools make them.
    /// Links out of the folder are refused, because the folder may come from an untrusted source.
    private func contained(_ name: String) throws -> String {
        let file = "\(path)/\(name)"
        // Opening the file reports that it is missing.
        guard let real = Files.resolved(file), let root = Files.resolved(path) else { return file }
        guard root == "/" || real.hasPrefix(root + "/") else {
            throw LayoutProblem.unreadable(name, "it is a link that leads out of the folder")
        }
        return file
    }

    private func contents(_ name: String, upTo limit: Int) throws -> [UInt8] {
        try Files.contents(contained(name), limit: limit)
    }

    /// Opens a blob without verifying its digest.
    func blob(_ digest: Digest) throws -> LayoutFile { try LayoutFile(reading: contained(blobName(digest))) }

    /// The size of a blob in bytes; nil if there is no such blob.
    func size(of digest: Digest) -> Int64? { (try? contained(blobName(digest))).flatMap { Files.size($0) } }

    /// The index. The file `oci-layout` may be missing, as in a layout that was made by hand: the specification
    /// requires this file, but crane does not.
    ///
    /// - Throws: if this folder is not a layout.
    func index() throws -> LayoutIndex {
        if Files.size(try contained("oci-layout")) != nil {
            let marker = try contents("oci-layout", upTo: 4096)
            guard (try? JSON(marker))?["imageLayoutVersion"]?.string == "1.0.0" else {
                throw LayoutProblem.unreadable("oci-layout", "this program knows layouts of version 1.0.0")
            }
        }
        return try LayoutIndex(indexBytes())
    }

    func indexBytes() throws -> [UInt8] { try contents("index.json", upTo: Self.largestIndex) }

    /// The bytes of a manifest, verified by its digest.
    func manifest(_ digest: Digest) throws -> [UInt8] {
        let bytes = try contents(blobName(digest), upTo: Self.largestManifest)
        let actual = ContentHash.digest(of: bytes, digest.algorithm)
        guard actual == digest else {
            throw ContentFailure(
                .corrupt,
                "\(blobPath(digest).displayable) does not match its name: its content hashes to \(actual.short)")
        }
        return bytes
    }

    // MARK: - Writing

    /// Makes the folder a layout if it is not one.
    func prepare() throws {
        try makeFolder("blobs/sha256")
        for name in try Files.names(in: path) where name.hasPrefix(Self.partial) {
            LayoutFile.remove(abandoned: "\(path)/\(name)")
        }
        if Files.size(path + "/oci-layout") == nil {
            try replace(path + "/oci-layout", with: Array(Self.version.utf8))
        }
    }

    private func makeFolder(_ name: String) throws {
        try Files.makeFolders("\(path)/\(name)")
        _ = try contained(name)
    }

    /// A name for a partial file.
    func newPartial() -> String { "\(path)/\(Self.partial)\(String(UInt64.random(in: 0...UInt64.max), radix: 36))" }

    /// Renames a complete, verified file to the blob's name.
    func adopt(_ file: String, as digest: Digest) throws {
        if digest.algorithm != .sha256 { try makeFolder("blobs/\(digest.algorithm.rawValue)") }
        try Files.rename(file, to: blobPath(digest))
    }

    func store(_ manifest: ManifestContent) throws {
        // A damaged manifest is written again.
        if (try? self.manifest(manifest.digest)) != nil { return }
        try prepare()
        try placing(manifest.bytes) { try adopt($0, as: manifest.digest) }
    }

    /// Lists a manifest with a subject in the index, as oras does, so that it can be found. Other manifests are found
    /// through the index that lists them.
    func list(_ content: ManifestContent) throws {
        guard let entry = Self.entry(ofReferrer: content.bytes, content.digest, content.mediaType) else { return }
        try changeIndex { $0.add(referrer: entry) }
    }

    /// Sets a tag to content of this layout. The manifest that the tag named before stays listed if it has a subject.
    func set(_ tag: Tag, to descriptor: Descriptor) throws {
        try changeIndex { index in
            let before = index.digest(named: tag)
            index.set(tag, to: descriptor)
            guard let before, let bytes = try? manifest(before) else { return }
            if let entry = Self.entry(ofReferrer: bytes, before, nil) { index.add(referrer: entry) }
        }
    }

    private static func entry(ofReferrer bytes: [UInt8], _ digest: Digest, _ type: MediaType?) -> JSON? {
        guard let manifest = try? Manifest(bytes, contentType: type), let document = try? JSON(bytes) else {
            return nil
        }
        return JSON.referrer(manifest, document, digest: digest, size: bytes.count)
    }

    var hasIndex: Bool { Files.size(indexPath) != nil }

    /// Changes the index. A lock prevents that another program changes the index at the same time.
    func changeIndex(_ change: (inout LayoutIndex) -> Void) throws {
        try prepare()
        let lock = try LayoutFile(locking: indexPath + ".lock")
        defer { withExtendedLifetime(lock) {} }
        var index = Files.size(indexPath) == nil ? .empty : try self.index()
        change(&index)
        try replace(indexPath, with: index.bytes)
    }

    private func replace(_ file: String, with bytes: [UInt8]) throws {
        try placing(bytes) { try Files.rename($0, to: file) }
    }

    /// Writes bytes to a new file. The file is synchronized to the device before `place` gives it its final name.
    private func placing(_ bytes: [UInt8], _ place: (String) throws -> Void) throws {
        let path = newPartial()
        do {
            let file = try LayoutFile(partial: path)
            try file.write(ByteBuffer(bytes: bytes), at: 0)
            try file.synchronize()
            try place(path)
        } catch {
            _ = try? Files.remove(path)
            throw error
        }
    }
}
