// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryTransport
import Synchronization
import Testing

/// What a store does about failures where nobody else decides.
@Suite struct CraneRetriesTests {
    /// What was told and how long was waited, in order.
    private final class Diary: Sendable {
        private let entries = Mutex<[String]>([])
        var lines: [String] { entries.withLock { $0 } }
        func add(_ line: String) { entries.withLock { $0.append(line) } }

        var retries: CraneRetries {
            CraneRetries(pauses: [.seconds(1), .seconds(3)], tell: add, sleep: { self.add("\($0)") })
        }
    }

    /// A store whose manifests are answered with these, one after the other, the last one for good.
    private func store(_ answers: [ScriptedTransport.Answer], _ diary: Diary?) throws -> RegistryStore {
        let count = Mutex(0)
        let wire = ScriptedTransport { request in
            guard request.url.path != "/v2/" else { return .ok }
            return count.withLock { count in
                count += 1
                return answers[min(count, answers.count) - 1]
            }
        }
        return RegistryNetwork(wire).store(for: try RegistryHost("r.io"), retries: diary?.retries)
    }

    private static let url = "GET https://r.io/v2/team/app/tags/list?n=1000"
    private static let list = ScriptedTransport.Answer.json(#"{"name":"team/app","tags":["v1"]}"#)

    @Test(arguments: [408, 429, 499, 500, 502, 503, 504, 522])
    func `an answer that says "not now" is asked for again, and told`(status: Int) async throws {
        let diary = Diary()
        let store = try store([.json("", status), Self.list], diary)
        #expect(try await store.tags(in: .app).map(\.name) == ["v1"])
        #expect(diary.lines.count == 2 && diary.lines[1] == "1.0 seconds")
        #expect(diary.lines[0].hasPrefix("retrying \(Self.url): unexpected status code \(status)"))
    }

    @Test func `the third failure is told like the others, and counts`() async throws {
        let diary = Diary()
        let store = try store([.json("{\"message\":\"later\"}", 503)], diary)
        let failure = await failure { try await store.tags(in: .app) }
        #expect(failure?.status == 503)
        let line = "retrying \(Self.url): unexpected status code 503 Service Unavailable: later"
        #expect(diary.lines == [line, "1.0 seconds", line, "3.0 seconds", line])
    }

    @Test func `a broken connection is tried again; a name that nobody knows is not`() async throws {
        let broken = Diary()
        _ = await failure { try await store([.failing(.broken), Self.list], broken).tags(in: .app) }
        #expect(broken.lines.count == 2)
        let unknown = Diary()
        _ = await failure { try await store([.failing(.nameUnknown)], unknown).tags(in: .app) }
        #expect(unknown.lines.isEmpty)
    }

    @Test(arguments: [400, 401, 403, 404, 501, 507]) func `other refusals are final`(status: Int) async throws {
        let diary = Diary()
        _ = await failure { try await store([.json("", status)], diary).tags(in: .app) }
        #expect(diary.lines.isEmpty)
    }

    @Test func `without retries every failure is told at once`() async throws {
        let failure = await failure { try await store([.json("", 503), Self.list], nil).tags(in: .app) }
        #expect(failure?.status == 503)
    }
}
