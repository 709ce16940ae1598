// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import DockerArchive

/// What an export has is what a runtime has (image-spec, layer.md).
@Suite struct LayerFlattenerTests {
    private func layer(_ entries: TarEntry...) -> [UInt8] { entries.flatMap(\.bytes) + LayerFlattener.end }

    /// A hard link with a name or a target of any length, and an owner of its own.
    private func hardLink(_ name: String, to target: String) throws -> [UInt8] {
        try TarHeader.link(
            EntryHeader(block: Self.owned(TarEntry("l", linkTo: "x")), said: TarExtension()), name, to: target)
    }

    /// A header with mode 0755 and the owner 1000, which none of `TarEntry` has.
    private static func owned(_ entry: TarEntry) -> [UInt8] {
        var block = Array(entry.bytes.prefix(512))
        block.replaceSubrange(100..<107, with: "0000755".utf8)
        block.replaceSubrange(108..<115, with: "0001750".utf8)
        return TarHeader.checksummed(block)
    }

    private func problem(_ layers: [UInt8]...) -> String? {
        do { _ = try Flattened(layers) } catch { return "\(error)" }
        return nil
    }

    // MARK: - Removals

    @Test(arguments: [true, false])
    func `a removal hides what is below, and not what its own layer has under the name`(isFirst: Bool) throws {
        let base = layer(TarEntry("a", content: "old"), TarEntry("d/"), TarEntry("d/x", content: "old"))
        let (removals, entries) = (
            [TarEntry(".wh.a", content: ""), TarEntry(".wh.d", content: "")],
            [TarEntry("a", content: "new"), TarEntry("d/"), TarEntry("d/y", content: "new")]
        )
        let top = (isFirst ? removals + entries : entries + removals).flatMap(\.bytes)
        #expect(try Flattened([base, top]).files == ["a": "new", "d": "", "d/y": "new"])
    }

    @Test func `a folder that is emptied keeps what its own layer has in it`() throws {
        let base = layer(TarEntry("d/"), TarEntry("d/x", content: "old"))
        let top = layer(TarEntry("d/"), TarEntry("d/y", content: "new"), TarEntry("d/.wh..wh..opq", content: ""))
        #expect(try Flattened([base, top]).files == ["d": "", "d/y": "new"])
    }

    @Test func `what a layer between removes does not come back where the one above has a folder of that name`() throws
    {
        let base = layer(TarEntry("d/"), TarEntry("d/x", content: "old"))
        let top = layer(TarEntry("d/"), TarEntry("d/y", content: "new"))
        for between in [TarEntry(".wh.d", content: ""), TarEntry("d", content: "a file for a while")] {
            #expect(try Flattened([base, layer(between), top]).files == ["d": "", "d/y": "new"])
        }
    }

    @Test func `the last of a name that comes twice in a layer counts`() throws {
        let twice = layer(TarEntry("a", content: "first"), TarEntry("a", content: "second"))
        #expect(try Flattened([layer(TarEntry("a", content: "old")), twice]).files == ["a": "second"])
    }

    // MARK: - Hard links

    private let linked = [TarEntry("a", content: "old"), TarEntry("b", linkTo: "a"), TarEntry("c", linkTo: "./a")]

    @Test(arguments: [1, 512, 100_000]) func `a hard link keeps its content when a layer above replaces the file`(
        step: Int
    ) throws {
        let base = linked.flatMap(\.bytes)
        let flattened = try Flattened([base, layer(TarEntry("a", content: "new"))], step: step)
        #expect(flattened.files == ["a": "new", "b": "old", "c": "old"] && flattened.reads == 3)
    }

    @Test func `a hard link keeps its content when a layer above removes the file, and is read once where none does`()
        throws
    {
        let base = linked.flatMap(\.bytes)
        #expect(try Flattened([base, layer(TarEntry(".wh.a", content: ""))]).files == ["b": "old", "c": "old"])
        let untouched = try Flattened([base, layer(TarEntry("d", content: "new"))])
        #expect(untouched.files == ["a": "old", "b": "old", "c": "old", "d": "new"] && untouched.reads == 2)
    }

    @Test func `a hard link to a file of a layer below comes behind it`() throws {
        let base = layer(TarEntry("a", content: "old"))
        let link = layer(TarEntry("b", linkTo: "a"), TarEntry("c", linkTo: "b"))
        #expect(try Flattened([base, link]).files == ["a": "old", "b": "old", "c": "old"])
        // Also where the file is seen no more.
        let replaced = try Flattened([base, link, layer(TarEntry("a", content: "new"))])
        #expect(replaced.files == ["a": "new", "b": "old", "c": "old"])
        // And where it is a link itself, to what is further down.
        let between = layer(TarEntry("a", linkTo: "z"))
        let chained = try Flattened([layer(TarEntry("z", content: "deep")), between, link])
        #expect(chained.files == ["z": "deep", "a": "deep", "b": "deep", "c": "deep"])
    }

    @Test func `a link stands for what its target was when the layer came to it`() throws {
        let base = layer(
            TarEntry("a", content: "first"), TarEntry("b", linkTo: "a"), TarEntry("a", content: "second"),
            TarEntry("c", linkTo: "a"))
        #expect(try Flattened([base]).files == ["a": "second", "b": "first", "c": "second"])
        let removed = try Flattened([base, layer(TarEntry(".wh.a", content: ""))])
        #expect(removed.files == ["b": "first", "c": "second"])
    }

    @Test func `the content comes with its own header, under names of any length`() throws {
        let (file, long) = (TarEntry("a", content: "old").bytes, String(repeating: "n", count: 150))
        let base = file + (try hardLink(long, to: "a"))
        let output = try Flattened([base, layer(TarEntry(".wh.a", content: ""))]).bytes
        #expect(output.suffix(512) == file.suffix(512))
        #expect(output[512...].starts(with: "160 path=\(long)\n".utf8))
        var header = output[1024..<1536].map(\.self)
        header.replaceSubrange(0..<100, with: file.prefix(100))
        #expect(TarHeader.checksummed(header) == file.prefix(512).map(\.self))
    }

    @Test func `a link that comes later keeps its owner, mode and records`() throws {
        let link = Self.extended("x", "13 mtime=1.5\n") + Self.owned(TarEntry("b", linkTo: "a"))
        let file = TarEntry("a", content: "old").bytes
        let below = try Flattened([file, link])
        #expect(below.bytes.starts(with: file) && below.bytes.count == file.count + link.count)
        #expect(below.bytes.suffix(512).elementsEqual(link.suffix(512)))
        #expect(below.bytes[1536...].starts(with: "13 mtime=1.5\n\0".utf8))
        // The first name takes the content, whose own header comes with it; the second one is a link to the first.
        let replaced = try Flattened([
            file + TarEntry("0", linkTo: "a").bytes + link, layer(TarEntry("a", content: "new")),
        ])
        #expect(replaced.bytes.suffix(512).elementsEqual(Self.owned(TarEntry("b", linkTo: "0"))))
    }

    @Test func `the long name of a target counts, and leads out of no image`() throws {
        let long = String(repeating: "n", count: 150)
        let base = try TarHeader.renamed(
            Array(TarEntry("a", content: "old").bytes.prefix(512)), long, keeping: TarExtension())
        let content = Array(TarEntry("a", content: "old").bytes.suffix(512))
        let link = try hardLink("b", to: long)
        #expect(try Flattened([base + content + link]).bytes == base + content + link)
        #expect(problem(try hardLink("b", to: "../" + long)) == "the entry \"../\(long)\" leads out of the image")
    }

    // MARK: - Names

    @Test func `names are spelled as crane spells them, and nothing else of a header changes`() throws {
        let names = ["./", "usr/", "./usr//bin/", "./usr/./bin/a", "plain"]
        let output = try Flattened([names.flatMap { TarEntry($0, content: "").bytes }]).bytes
        #expect(TarEntry.names(in: output) == [".", "usr", "usr/bin", "usr/bin/a", "plain"])
        #expect(output[1024..<1536].elementsEqual(Self.renamed(TarEntry("./usr//bin/").bytes, "usr/bin")))
    }

    private static func renamed(_ block: [UInt8], _ name: String) -> [UInt8] {
        let name = Array(name.utf8)
        return TarHeader.checksummed(name + [UInt8](repeating: 0, count: 100 - name.count) + block[100..<512])
    }

    @Test func `a long name and a long target of a link stay long in another spelling`() throws {
        let (long, target) = (String(repeating: "n", count: 150), String(repeating: "t", count: 150))
        let folder = Self.extended("x", "161 path=\(long)/\n") + TarEntry("short/").bytes
        let output = try Flattened([folder]).bytes
        #expect(output[512...].starts(with: "160 path=\(long)\n\0".utf8))
        #expect(output.count == 3 * 512 && output[1024 + 156] == UInt8(ascii: "5"))
        var link = TarEntry("./b", linkTo: "cut").bytes
        link[156] = UInt8(ascii: "2")
        let linked =
            Self.extended("K", target + "\0") + Self.extended("x", "13 mtime=1.5\n") + TarHeader.checksummed(link)
        let records = try Flattened([linked]).bytes[512...]
        #expect(records.starts(with: "13 mtime=1.5\n164 linkpath=\(target)\n\0".utf8))
        #expect(TarEntry.names(in: try Flattened([linked]).bytes) == ["PaxHeaders/entry", "b"])
    }

    private static func extended(_ kind: Character, _ content: String) -> [UInt8] {
        let header = TarHeader(name: "more", size: Int64(content.utf8.count), kind: kind).bytes
        return header + content.utf8 + [UInt8](repeating: 0, count: 512 - content.utf8.count)
    }

    @Test func `what is said of all entries is handed on, and what only its slash makes a folder keeps it`() throws {
        let comment = Self.extended("g", "20 comment=a commit\n")
        var old = TarEntry("old/").bytes
        old[156] = 0
        old = TarHeader.checksummed(old)
        #expect(try Flattened([comment + old]).bytes == comment + old)
        #expect(try Flattened([comment + TarEntry("new/").bytes]).bytes.starts(with: comment))
        let sparse = Self.extended("x", "22 GNU.sparse.major=1\n") + TarEntry("./s", content: "").bytes
        #expect(try Flattened([sparse]).bytes == sparse)
    }

    @Test func `a link without its content is an error that names both`() {
        let link = layer(TarEntry("b", linkTo: "a"))
        let text = #"the hard link "b" shares the content of "a", "#
        #expect(problem(link) == text + "which no layer below has")
        #expect(problem(layer(TarEntry("c")), link) == text + "which no layer below has")
        #expect(problem(layer(TarEntry("a/"), TarEntry("b", linkTo: "a"))) == text + "which is a folder")
        #expect(problem(layer(TarEntry("a/")), link) == text + "which is a folder")
        let removed = text + "which its layer or one below it has removed"
        #expect(problem(layer(TarEntry("a")), layer(TarEntry(".wh.a", content: "")), link) == removed)
        // Nobody asks for what is not seen.
        #expect(problem(link, layer(TarEntry("b", content: "new"))) == nil)
    }
}
