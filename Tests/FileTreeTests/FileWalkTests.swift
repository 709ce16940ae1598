// SPDX-License-Identifier: Apache-2.0

import FileTree
import Foundation
import Testing

@Suite struct FileWalkTests {
    /// A folder that is gone when the test is over.
    private final class Folder {
        let path: String

        init(_ files: [String: String]) throws {
            path = FileManager.default.temporaryDirectory.appending(path: "walk-" + UUID().uuidString).path
            for (name, text) in files {
                let file = URL(filePath: path + "/" + name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
        }

        func link(_ name: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
        }

        func walk(honouringIgnoreFiles: Bool = true) -> [String] {
            FileWalk(root: path, honoursIgnoreFiles: honouringIgnoreFiles) { $0.hasSuffix(".yaml") }
                .map { String($0.dropFirst(path.count + 1)) }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test func `goes through folders by the bytes of their names, and leaves .git out`() throws {
        let folder = try Folder([
            "b.yaml": "", "a/z.yaml": "", "a.yaml": "", "B.yaml": "", ".git/x.yaml": "", ".h/y.yaml": "", "n.txt": "",
        ])
        #expect(folder.walk() == [".h/y.yaml", "B.yaml", "a/z.yaml", "a.yaml", "b.yaml"])
    }

    @Test func `leaves out what .gitignore files say, unless told not to`() throws {
        let folder = try Folder([
            ".gitignore": "out/\n*.tmp.yaml\n", "a.yaml": "", "a.tmp.yaml": "", "out/b.yaml": "",
            "d/.gitignore": "!k.tmp.yaml\n/x.yaml\n",
            "d/k.tmp.yaml": "", "d/x.yaml": "", "d/e/x.yaml": "",
        ])
        #expect(folder.walk() == ["a.yaml", "d/e/x.yaml", "d/k.tmp.yaml"])
        #expect(folder.walk(honouringIgnoreFiles: false).count == 6)
    }

    @Test func `what a repository's root ignores is ignored below it, too`() throws {
        let folder = try Folder([
            ".git/HEAD": "", ".gitignore": "/sub/a.yaml\nb.yaml\n", "sub/a.yaml": "", "sub/b.yaml": "",
            "sub/c.yaml": "",
        ])
        let walk = FileWalk(root: folder.path + "/sub", honoursIgnoreFiles: true) { $0.hasSuffix(".yaml") }
        #expect(walk.map { String($0.dropFirst(folder.path.count)) } == ["/sub/c.yaml"])
    }

    @Test func `follows links to files below the root under new names only, and none to folders`() throws {
        let outside = try Folder(["o.yaml": ""])
        let folder = try Folder(["a.yaml": "", "plain.txt": "", "d/b.yaml": ""])
        try folder.link("out.yaml", to: outside.path + "/o.yaml")
        try folder.link("same.yaml", to: "a.yaml")
        try folder.link("named.yaml", to: "plain.txt")
        try folder.link("loop", to: ".")
        try folder.link("gone.yaml", to: "nowhere")
        #expect(folder.walk() == ["a.yaml", "d/b.yaml", "named.yaml"])
    }

    @Test func `reads files, and says why not`() throws {
        let folder = try Folder(["a.yaml": "text", "zero": "a\u{0}b"])
        #expect(try FileReader.read(folder.path + "/a.yaml").bytes == Array("text".utf8))
        #expect(throws: ReadFailure.binary) { try FileReader.read(folder.path + "/zero") }
        #expect(throws: ReadFailure.tooLarge(4)) { try FileReader.read(folder.path + "/a.yaml", limit: 3) }
        #expect(throws: ReadFailure.notAFile) { try FileReader.read(folder.path) }
        #expect(throws: ReadFailure.system("No such file or directory")) { try FileReader.read(folder.path + "/none") }
    }

    // MARK: - What git tracks

    /// An index as git writes it (gitformat-index(5)).
    private func index(version: UInt8, _ paths: [String]) -> Data {
        var bytes = Array("DIRC".utf8) + [0, 0, 0, version, 0, 0, 0, UInt8(paths.count)]
        var before: [UInt8] = []
        for path in paths {
            let name = Array(path.utf8)
            var entry = [UInt8](repeating: 7, count: 60) + [0, UInt8(name.count)]
            if version == 4 {
                let kept = zip(before, name).prefix { $0 == $1 }.count
                entry += [UInt8(before.count - kept)] + name[kept...] + [0]
            } else {
                entry += name
                entry += [UInt8](repeating: 0, count: 8 - entry.count % 8)
            }
            bytes += entry
            before = name
        }
        return Data(bytes)
    }

    @Test(arguments: [2, 3, 4] as [UInt8])
    func `goes through files that git tracks, whatever .gitignore files say`(version: UInt8) throws {
        let folder = try Folder([
            ".gitignore": "lab/\n*.out.yaml\n", "lab/deep/tracked.yaml": "", "lab/deep/other.yaml": "",
            "lab/no.yaml": "",
            "a.out.yaml": "", "b.out.yaml": "", "c.yaml": "", ".git/HEAD": "",
        ])
        let tracked = ["a.out.yaml", "c.yaml", "lab/deep/readme.txt", "lab/deep/tracked.yaml"]
        try index(version: version, tracked).write(to: URL(filePath: folder.path + "/.git/index"))
        #expect(folder.walk() == ["a.out.yaml", "c.yaml", "lab/deep/tracked.yaml"])
        // From a folder inside of the repository, too.
        let inside = FileWalk(root: folder.path + "/lab", honoursIgnoreFiles: true) { $0.hasSuffix(".yaml") }
        #expect(Set(inside).isSuperset(of: [folder.path + "/lab/deep/tracked.yaml"]))
    }

    @Test func `takes a repository inside of a folder for one of its own`() throws {
        let folder = try Folder([
            "part/.gitignore": "*.yaml\n", "part/x.yaml": "", "part/y.yaml": "", "part/.git/HEAD": "",
        ])
        try index(version: 2, ["y.yaml"]).write(to: URL(filePath: folder.path + "/part/.git/index"))
        #expect(folder.walk() == ["part/y.yaml"])
    }

    @Test func `finds the index of a work tree where its file says`() throws {
        let folder = try Folder([
            ".gitignore": "*.yaml\n", "x.yaml": "", ".git": "gitdir: meta/tree\n", "meta/tree/HEAD": "",
        ])
        try index(version: 2, ["x.yaml"]).write(to: URL(filePath: folder.path + "/meta/tree/index"))
        #expect(folder.walk() == ["x.yaml"])
    }

    @Test(arguments: [0, 3, 11, 12, 40, 75, 90]) func `takes a damaged index for none`(length: Int) throws {
        let folder = try Folder([".gitignore": "x.yaml\n", "x.yaml": "", "y.yaml": "", ".git/HEAD": ""])
        try index(version: 4, ["x.yaml", "y.yaml"]).prefix(length)
            .write(to: URL(filePath: folder.path + "/.git/index"))
        #expect(folder.walk() == ["y.yaml"])
    }

    @Test func `counts wanted files that are left out`() throws {
        let folder = try Folder([".gitignore": "x.*\n", "x.yaml": "", "x.txt": "", "y.yaml": ""])
        var walk = FileWalk(root: folder.path, honoursIgnoreFiles: true) { $0.hasSuffix(".yaml") }
        while walk.next() != nil {}
        #expect(walk.ignored == 1)
    }

    @Test func `counts a folder that is left out as one, where a wanted file stands in it at any depth`() throws {
        let folder = try Folder([
            ".gitignore": "/gen/*/data/\nother/\n", "gen/a/data/b/x.yaml": "", "gen/a/data/y.yaml": "",
            "gen/b/data/z.yaml": "", "other/x.txt": "", "y.yaml": "",
        ])
        var walk = FileWalk(root: folder.path, honoursIgnoreFiles: true) { $0.hasSuffix(".yaml") }
        while walk.next() != nil {}
        #expect(walk.ignored == 2)
    }

    @Test func `counts a folder of many folders that is left out without going through all of it`() throws {
        let names = (0..<100).map { "out/\($0)/x.txt" }
        let folder = try Folder(Dictionary(uniqueKeysWithValues: names.map { ($0, "") } + [(".gitignore", "out/\n")]))
        var walk = FileWalk(root: folder.path, honoursIgnoreFiles: true) { $0.hasSuffix(".yaml") }
        #expect(walk.next() == nil)
        #expect(walk.ignored == 1)
    }
}
