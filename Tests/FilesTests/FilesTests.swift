// SPDX-License-Identifier: Apache-2.0

import Foundation
import ProtocolCases
import Testing

@testable import Files

/// A folder that goes away with the test.
final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("files-" + UUID().uuidString).path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

    func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path + "/" + name)[.posixPermissions] as? Int
    }

    func pipe(_ name: String) throws -> String {
        try #require(mkfifo(path + "/" + name, 0o600) == 0)
        return path + "/" + name
    }
}

@Suite struct FilesTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func cause(_ body: () throws(FileProblem) -> Void) -> FileProblem.Cause? {
        do throws(FileProblem) { try body() } catch { return error.cause }
        return nil
    }

    @Test(.covers("S23")) func `a private file is its owner's alone, also where another stood before`() throws {
        let file = try folder.write("report", "old")
        try Files.replace(file, with: Array("new".utf8), access: .ownerOnly)
        #expect(try folder.text("report") == "new")
        #expect(try folder.mode("report") == 0o600)
        #expect(folder.names == ["report"])
    }

    @Test func `a file that is replaced keeps its mode where it is nobody's secret`() throws {
        let file = try folder.write("list", "old")
        chmod(file, 0o640)
        try Files.replace(file, with: [], access: .usual)
        #expect(try folder.mode("list") == 0o640)
        try Files.replace(file, with: [], access: .asBefore)
        #expect(try folder.mode("list") == 0o640)
    }

    @Test func `a link at the path is replaced and what it leads to stays`() throws {
        let secret = try folder.write("secret", "mine")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/report", withDestinationPath: secret)
        try Files.replace(folder.path + "/report", with: Array("new".utf8), access: .ownerOnly)
        #expect(try folder.text("secret") == "mine")
        #expect(try folder.text("report") == "new")
    }

    @Test func `a draft that is not finished leaves everything as it was`() throws {
        let file = try folder.write("list", "old")
        do {
            let draft = try FileDraft(for: file, access: .usual)
            try [UInt8](repeating: 0, count: 9).withUnsafeBytes { try draft.append($0) }
        }
        #expect(try folder.text("list") == "old")
        #expect(folder.names == ["list"])
    }

    @Test func `a full device is told, and is a device afterwards`() throws {
        #expect(
            cause { () throws(FileProblem) in try Files.replace("/dev/full", with: [1], access: .ownerOnly) }
                == .system(ENOSPC))
        #expect(try Files.kind("/dev/full", "read") == .device)
        try Files.replace("/dev/null", with: [1], access: .ownerOnly)
        #expect(try Files.kind("/dev/null", "read") == .nothing)
    }

    @Test func `a pipe gets the bytes and stays a pipe`() throws {
        let pipe = try folder.pipe("out")
        let reader = open(pipe, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try Files.replace(pipe, with: Array("list".utf8), access: .ownerOnly)
        var bytes = [UInt8](repeating: 0, count: 9)
        #expect(read(reader, &bytes, 9) == 4)
        #expect(try Files.kind(pipe, "read") == .pipe)
    }

    @Test func `a pipe that nobody opens for reading is not waited for without end`() throws {
        let pipe = try folder.pipe("out")
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(writing: pipe, readerTimeout: .zero) } == .unread)
    }

    @Test func `what is no file is not read as one, and does not hang`() throws {
        let pipe = try folder.pipe("blob")
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(reading: pipe) } == .notAFile)
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(reading: "/dev/zero", takesPipes: true) } == .device)
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(reading: folder.path) } == .folder)
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(reading: "/dev/null") } == .notAFile)
    }

    @Test func `a whole file is read up to its limit`() throws {
        let file = try folder.write("x", String(repeating: "x", count: 200_000))
        #expect(try Files.contents(file, limit: 200_000).count == 200_000)
        #expect(
            cause { () throws(FileProblem) in _ = try Files.contents(file, limit: 199_999) }
                == .tooLarge(limit: 199_999))
        #expect(try OpenFile(reading: "/proc/self/status").contents(limit: 1 << 20).isEmpty == false)
    }

    @Test(.covers("S23")) func `a file the program keeps is private and never reached through a link`() throws {
        let path = folder.path + "/journal"
        _ = try OpenFile(keeping: path)
        #expect(try folder.mode("journal") == 0o600)
        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(keeping: link) } == .link)
        let pipe = try folder.pipe("pipe")
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(keeping: pipe) } == .notAFile)
    }

    @Test(.enabled(if: geteuid() == 0)) func `a file of another user is not kept`() throws {
        let path = try folder.write("journal", "")
        try #require(chown(path, 12345, 12345) == 0)
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(keeping: path) } == .foreignOwner)
        _ = try OpenFile(keeping: path, isShared: true)
    }

    @Test func `one process at a time has a lock, and knows when its file was exchanged`() throws {
        let path = folder.path + "/lock"
        let (first, second) = (try OpenFile(keeping: path), try OpenFile(keeping: path))
        #expect(try first.lock())
        #expect(try !second.lock())
        first.unlock()
        #expect(try second.lock())
        second.unlock()
        #expect(try first.lock())
        #expect(first.isInPlace)
        try Files.replace(path, with: [], access: .ownerOnly)
        #expect(!first.isInPlace)
    }

    @Test func `a file that was to be made is not taken from somebody who was faster`() throws {
        let path = try folder.write("draft", "theirs")
        #expect(cause { () throws(FileProblem) in _ = try OpenFile(creating: path, mode: 0o600) } == .system(EEXIST))
    }
}

@Suite struct OutletTests {
    /// The two ends of a pipe.
    private func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test func `everything is written in order`() throws {
        let (reading, writing) = try pipe()
        let outlet = Outlet(descriptor: writing, name: "out")
        #expect(outlet.write("one ") && outlet.write("two"))
        var bytes = [UInt8](repeating: 0, count: 99)
        #expect(read(reading, &bytes, 99) == 7)
        #expect(outlet.problem == nil)
        close(reading)
        close(writing)
    }

    @Test func `a reader that went away is told once, and nothing more is written`() throws {
        signal(SIGPIPE, SIG_IGN)
        let (reading, writing) = try pipe()
        close(reading)
        let outlet = Outlet(descriptor: writing, name: "standard output")
        #expect(!outlet.write("x"))
        #expect(outlet.problem?.isBrokenPipe == true)
        close(writing)
        #expect(!outlet.write("y"))
        #expect(outlet.problem?.isBrokenPipe == true)
    }

    @Test func `a full device is told`() throws {
        let device = open("/dev/full", O_WRONLY)
        defer { close(device) }
        let outlet = Outlet(descriptor: device, name: "log")
        #expect(!outlet.write("x"))
        #expect(outlet.problem?.description == "write log: no space left on device")
    }

    @Test func `a reader that takes nothing is given up once there is a hurry`() throws {
        let (reading, writing) = try pipe()
        defer {
            close(reading)
            close(writing)
        }
        let outlet = Outlet(descriptor: writing, name: "out")
        outlet.hurry()
        #expect(!outlet.write(String(repeating: "x", count: 1 << 20)))
        #expect(outlet.problem?.cause == .unread)
    }
}
