// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth

/// What a run has learned about one registry from its answers.
///
/// A pure value: it never waits or sends requests. The session keeps it behind one lock, reads it before a request and
/// changes it after an answer.
struct RegistryKnowledge: Sendable {
    /// How the registry is reached; nil until it was asked.
    private(set) var endpoint: RegistryEndpoint?
    /// The challenges of the newest answer that had some. Until there are any, those of the endpoint apply.
    private var challenges: [Challenge] = []
    /// Realms of challenges that could not be answered.
    private var failedRealms: Set<String> = []
    /// How many requests have asked how the registry is reached before it was known.
    private var seekers = 0
    /// The remaining pulls that the registry reported last.
    var pulls: PullAllowance?
    var referrers = ReferrersKnowledge()
    var heads = HeadTrust()
    var guesses = MountGuesses()
    /// What is known about uploads to the registry.
    var uploads: LearnedHabits
    /// Which refused logins should be requested again from their source.
    var logins = LoginRenewals()
    /// Whether one request may set several tags. True until an answer says otherwise.
    private(set) var setsTagsTogether = true
    /// Whether ending an upload takes the right to delete, as the registry's own challenge said.
    private(set) var endsUploadsByDelete = false
    /// False if the digests in the registry's headers do not match its content. Then only its answers by digest are
    /// reliable.
    private(set) var namesDigestsRight = true
    private var notices: Set<RegistryNotice> = []

    init(uploads: UploadHabits) { self.uploads = LearnedHabits(uploads) }
}

// MARK: - How it is reached

extension RegistryKnowledge {
    /// Counts requests that need to know how the registry is reached.
    ///
    /// - Returns: the number of this one; nil if it is known by now.
    mutating func seekEndpoint() -> Int? {
        guard endpoint == nil else { return nil }
        seekers += 1
        return seekers
    }

    /// Notes how the registry is reached. What a ping found is not replaced by what an answer seemed to say.
    mutating func note(_ new: RegistryEndpoint) {
        if endpoint?.evidence == .ping, new.evidence != .ping { return }
        endpoint = new
    }

    /// Notes what a ping found after an answer had seemed to say enough. A challenge of a request is newer than the ping's.
    mutating func notePing(_ pinged: RegistryEndpoint) {
        note(pinged)
        if challenges.isEmpty { challenges = pinged.challenges }
    }
}

// MARK: - What it asks for

extension RegistryKnowledge {
    /// The challenges to expect for a request about this repository; empty if, as far as is known, the registry requires no
    /// login.
    func challenges(for repository: Repository?, at endpoint: RegistryEndpoint) -> [Challenge] {
        challenges.isEmpty ? endpoint.challenges(for: repository) : challenges
    }

    /// Notes the challenges by which a request was refused.
    ///
    /// - Parameter isDeletion: whether the request was a DELETE. A challenge that then names the right to delete holds for the end
    ///   of an upload, too.
    mutating func note(_ challenges: [Challenge], ofDeletion isDeletion: Bool) {
        self.challenges = challenges
        if isDeletion, challenges.contains(where: { $0.scopes.names("delete") }) { endsUploadsByDelete = true }
    }

    private static let mostRealms = 100

    /// Notes that this challenge could not be answered, for instance because its token service cannot be reached.
    mutating func noteFailure(of challenge: Challenge) {
        if let realm = challenge.realm, failedRealms.count < Self.mostRealms { failedRealms.insert(realm) }
    }

    /// Challenges in the order in which to try them: those that could not be answered before come last.
    func ordered(_ challenges: [Challenge]) -> [Challenge] {
        let hasFailed = { (challenge: Challenge) in challenge.realm.map(failedRealms.contains) ?? false }
        return challenges.filter { !hasFailed($0) } + challenges.filter(hasFailed)
    }
}

// MARK: - What it can do

extension RegistryKnowledge {
    /// Notes that the registry set none of the tags that one request named.
    mutating func noteTagsSetOneByOne() { setsTagsTogether = false }

    /// Notes that the registry's `Docker-Content-Digest` headers are wrong.
    mutating func noteWrongDigests() { namesDigestsRight = false }
}

// MARK: - What users were told

extension RegistryKnowledge {
    private static let mostNotices = 100

    /// Notes that the user is told something.
    ///
    /// - Returns: false if the user was told before, or was told so much that this is left out.
    mutating func note(_ notice: RegistryNotice) -> Bool {
        notices.count < Self.mostNotices && notices.insert(notice).inserted
    }
}
