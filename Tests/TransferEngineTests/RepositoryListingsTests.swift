// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
import Testing
import TransferEngine
import TransshipTesting

@Suite struct RepositoryListingsTests {
    private let clock = JumpingClock()

    /// A registry of which each repository's list names those below it.
    private func find(
        _ first: [String], in tree: [String: [String]], known: [String: [String]] = [:],
        failing: @escaping @Sendable (_ name: String, _ earlier: Int) -> ContentFailure? = { _, _ in nil }
    ) async throws -> (entries: [RepositoryListings<[String]>.Entry]?, asked: [String]) {
        let asked = Mutex<[String]>([])
        var settings = RequestSettings()
        settings.connectionsPerStore = 3
        let listings = RepositoryListings<[String]>(
            settings: settings, clock: clock, below: { _, names in names.compactMap { try? Repository($0) } },
            list: { repository throws(ContentFailure) in
                let earlier = asked.withLock { asked in
                    defer { asked.append(repository.path) }
                    return asked.count { $0 == repository.path }
                }
                if let failure = failing(repository.path, earlier) { throw failure }
                return tree[repository.path] ?? []
            })
        let lists = try Dictionary(uniqueKeysWithValues: known.map { (try Repository($0.key), $0.value) })
        let entries = await listings.find(try first.map { try Repository($0) }, at: "registry.example", known: lists)
        return (entries, asked.withLock { $0 })
    }

    private let tree = ["a": ["a/b", "a/c"], "a/b": ["a/b/d"], "a/c": ["a/c/e", "a/b"]]

    @Test func `a tree comes level by level, each repository once`() async throws {
        let found = try await find(["a", "z"], in: tree)
        #expect(found.entries?.map(\.repository.path) == ["a", "z", "a/b", "a/c", "a/b/d", "a/c/e"])
        #expect(found.asked.sorted() == ["a", "a/b", "a/b/d", "a/c", "a/c/e", "z"])
    }

    @Test func `a list that is known is not asked for, and leads on`() async throws {
        let found = try await find(["a"], in: tree, known: ["a": ["a/b"]])
        #expect(found.entries?.map(\.repository.path) == ["a", "a/b", "a/b/d"])
        #expect(found.asked == ["a/b", "a/b/d"])
    }

    @Test func `a list that fails is tried again, and fails alone`() async throws {
        let found = try await find(["a"], in: tree) { name, earlier in
            switch name {
            case "a/b": ContentFailure(.denied, "no")
            case "a/c" where earlier < 2: ContentFailure(.unavailable, "503", retry: .later)
            default: nil
            }
        }
        let failed = found.entries?.filter { if case .failure = $0.listing { true } else { false } }
        #expect(failed?.map(\.repository.path) == ["a/b"])
        #expect(found.asked.count { $0 == "a/c" } == 3)
    }

    @Test func `a cancelled run has no result`() async throws {
        let found = try await find(["a"], in: tree) { _, _ in
            withUnsafeCurrentTask { $0?.cancel() }
            return nil
        }
        #expect(found.entries?.count == nil)
    }
}
