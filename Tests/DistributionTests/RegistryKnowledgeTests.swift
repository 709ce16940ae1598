// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport
import Testing

@testable import Distribution

/// What a run has learned about one registry: a value, without a registry.
@Suite struct RegistryKnowledgeTests {
    private let origin: WireOrigin
    private let basic = Challenge(scheme: "basic", parameters: ["realm": "r"])
    private let bearer = Challenge(scheme: "bearer", parameters: ["realm": "https://auth.io/token"])

    init() throws { origin = try WireOrigin(scheme: .https, authority: "r.io") }

    private func ping(_ challenge: Challenge?) -> RegistryEndpoint {
        RegistryEndpoint(origin: origin, challenges: challenge.map { [$0] } ?? [])
    }

    private func answer(about repository: Repository, _ challenge: Challenge?) -> RegistryEndpoint {
        RegistryEndpoint(origin: origin, challenges: challenge.map { [$0] } ?? [], evidence: .answer(repository))
    }

    // MARK: How it is reached

    @Test func `requests are counted until it is known how the registry is reached`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        let before = (0..<2).map { _ in knowledge.seekEndpoint() }
        knowledge.note(ping(nil))
        let after = knowledge.seekEndpoint()
        #expect(before == [1, 2] && after == nil)
    }

    @Test func `what a ping found is not replaced by what an answer seemed to say`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.note(answer(about: .app, nil))
        knowledge.notePing(ping(basic))
        knowledge.note(answer(about: .app, nil))
        #expect(knowledge.endpoint == ping(basic))
    }

    // MARK: Challenges

    @Test func `a ping's challenge is expected by every repository, an answer's by its own`() {
        let knowledge = RegistryKnowledge(uploads: UploadHabits())
        let pinged = ping(basic)
        #expect(knowledge.challenges(for: .app, at: pinged) == [basic])
        let answered = answer(about: .app, basic)
        #expect(knowledge.challenges(for: .app, at: answered) == [basic])
        #expect(knowledge.challenges(for: .other, at: answered).isEmpty)
    }

    @Test func `the newest challenge of a request holds for all that follow`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.note([basic], ofDeletion: false)
        knowledge.note([bearer], ofDeletion: false)
        #expect(knowledge.challenges(for: .other, at: ping(basic)) == [bearer])
    }

    @Test func `a later ping does not replace the challenge of a request`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.note([bearer], ofDeletion: false)
        knowledge.notePing(ping(basic))
        #expect(knowledge.challenges(for: .app, at: ping(basic)) == [bearer])
    }

    @Test func `a challenge that could not be answered is tried last from then on`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        let other = Challenge(scheme: "bearer", parameters: ["realm": "https://other.io/token"])
        #expect(knowledge.ordered([bearer, other, basic]) == [bearer, other, basic])
        knowledge.noteFailure(of: bearer)
        #expect(knowledge.ordered([bearer, other, basic]) == [other, basic, bearer])
    }

    @Test(arguments: [(true, true), (false, false)])
    func `uploads end with the right to delete once a deletion was asked for it`(isDeletion: Bool, ends: Bool) {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        let scope = "repository:team/app:pull,push,delete"
        knowledge.note([Challenge(scheme: "bearer", parameters: ["scope": scope])], ofDeletion: isDeletion)
        #expect(knowledge.endsUploadsByDelete == ends)
    }

    @Test func `a deletion that is asked for another right teaches nothing`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        let scope = "repository:team/app:pull,push"
        knowledge.note([Challenge(scheme: "bearer", parameters: ["scope": scope])], ofDeletion: true)
        #expect(!knowledge.endsUploadsByDelete)
    }

    // MARK: What it can do

    @Test func `a registry sets tags together and names digests right until it shows otherwise`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        #expect(knowledge.setsTagsTogether && knowledge.namesDigestsRight)
        knowledge.noteTagsSetOneByOne()
        knowledge.noteWrongDigests()
        #expect(!knowledge.setsTagsTogether && !knowledge.namesDigestsRight)
    }

    @Test func `HEAD is distrusted only about what it answered wrong`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.heads.withdraw(from: .blobs)
        #expect(knowledge.heads.covers(.manifests) && !knowledge.heads.covers(.blobs))
    }

    @Test func `a repository without referrers says nothing about others, a registry without the path all`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.referrers.note(.nothingHere, in: .app)
        knowledge.referrers.note(.unclear, in: .other)
        #expect(!knowledge.referrers.mayKnow(.app) && knowledge.referrers.mayKnow(.other))
        knowledge.referrers.note(.noSuchPath, in: .app)
        #expect(!knowledge.referrers.mayKnow(.other))
    }

    // MARK: Uploads

    @Test(arguments: [(Int64(100 << 20), Int64(16 << 20)), (20 << 20, 10 << 20)])
    func `a body that is too large halves what is sent, below a first guess`(size: Int64, largest: Int64) {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.uploads.learn(from: 413, toBodyOf: size)
        #expect(knowledge.uploads.current.largestBody == largest)
    }

    @Test func `a small body that is too large is no habit`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.uploads.learn(from: 413, toBodyOf: 1 << 20)
        #expect(knowledge.uploads.current.largestBody == nil)
    }

    @Test func `a proxy that gives up twice gets smaller bodies, where pieces are taken`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.uploads.learn(from: 524, toBodyOf: 100 << 20)
        #expect(knowledge.uploads.current.largestBody == nil)
        knowledge.uploads.learn(from: 524, toBodyOf: 100 << 20)
        #expect(knowledge.uploads.current.largestBody == 16 << 20)
    }

    @Test func `a proxy that gives up gets whole bodies where pieces are refused`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        knowledge.uploads.refusePieces()
        for _ in 0..<3 { knowledge.uploads.learn(from: 524, toBodyOf: 100 << 20) }
        #expect(knowledge.uploads.current == UploadHabits(takesPieces: false))
    }

    // MARK: Notices

    @Test func `a user is told the same thing once, and a hundred things at most`() {
        var knowledge = RegistryKnowledge(uploads: UploadHabits())
        let same: [RegistryNotice] = [.remark("a"), .remark("a"), .warning("a")]
        let told = same.map { knowledge.note($0) }
        #expect(told == [true, false, true])
        let others = (0..<200).count { knowledge.note(.remark("\($0)")) }
        #expect(others == 98)
    }
}
