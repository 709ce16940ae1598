// SPDX-License-Identifier: Apache-2.0

import Files
import OCI
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps pages of a report's rows in a file beside the report. The file has no name, and disappears with the process,
/// however the process ends.
///
/// Rows are written in the order in which items end, and read in the order of the list. The latest pages are cached,
/// because both orders are similar for the items of one registry.
final class RowShelf: RecordShelf {
    private struct State {
        /// nil before the first page, and if no file can be made.
        var file: OpenFile?
        var isRefused = false
        var places: [Int: (offset: Int64, count: Int)] = [:]
        var end: Int64 = 0
        /// The cached pages. The page that was asked for last is at the end.
        var recent: [(number: Int, page: [UInt8])] = []
        var problem: FileProblem?
    }

    private let path: String
    private let state = Mutex(State())

    /// The number of cached pages. The items of 8 registries, each at its own pace, are read without reading a page
    /// again.
    private static let mostRecent = 8

    /// - Parameter path: the path of the report.
    init(besides path: String) { self.path = path }

    /// Why a page could not be read again.
    var problem: FileProblem? { state.withLock { $0.problem } }

    /// A page that cannot be written stays in memory: the disk may be full, or the report's path may not be on a disk.
    func put(_ page: [UInt8], number: Int) -> Bool {
        state.withLock { state in
            guard !state.isRefused else { return false }
            do throws(FileProblem) {
                if state.file == nil { state.file = try nameless() }
                try state.file?.append(page)
            } catch {
                state.isRefused = true
                return false
            }
            state.places[number] = (state.end, page.count)
            state.end += Int64(page.count)
            return true
        }
    }

    private func nameless() throws(FileProblem) -> OpenFile {
        let name = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let file = try OpenFile(creating: name, mode: 0o600)
        _ = try? Files.remove(name)
        return file
    }

    func page(_ number: Int) -> [UInt8]? {
        state.withLock { state in
            if let place = state.recent.firstIndex(where: { $0.number == number }) {
                let found = state.recent.remove(at: place)
                state.recent.append(found)
                return found.page
            }
            guard let file = state.file, let place = state.places[number] else { return nil }
            do throws(FileProblem) {
                let page = try Self.read(place.count, of: file, at: place.offset)
                if state.recent.count == Self.mostRecent { state.recent.removeFirst() }
                state.recent.append((number, page))
                return page
            } catch {
                state.problem = state.problem ?? error
                return nil
            }
        }
    }

    private static func read(_ count: Int, of file: OpenFile, at offset: Int64) throws(FileProblem) -> [UInt8] {
        var page = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = try page.withUnsafeMutableBufferPointer { space throws(FileProblem) in
                let rest = UnsafeMutableBufferPointer(rebasing: space[done...])
                return try file.read(into: UnsafeMutableRawBufferPointer(rest), at: offset + Int64(done))
            }
            guard read > 0 else { throw FileProblem("read", file.path, .system(EIO)) }
            done += read
        }
        return page
    }
}
