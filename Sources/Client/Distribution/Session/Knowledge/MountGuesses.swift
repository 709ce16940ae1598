// SPDX-License-Identifier: Apache-2.0

import OCI

/// How a registry handles mounts from repositories that may not exist.
///
/// Without tokens such a guess costs nothing, because it is part of the request that opens the upload. With tokens one more
/// scope is requested, and the token service may refuse all scopes because of it (go-containerregistry#1679). This is tried
/// once. The scopes of further repositories are requested only while the guesses are right.
struct MountGuesses: Sendable {
    /// Repositories whose scope was requested together with that of the target repository.
    private var asked: Set<Repository> = []
    private var refusals = 0
    /// An answer has shown how guesses are handled.
    private(set) var isTried = false
    private var takesNoFurther = false

    /// The number of repositories that are remembered.
    static let mostRepositories = 10_000
    /// After this many failures, which may have other reasons, no further guess is made.
    static let missesBeforeGivingUp = 3

    func mayAsk(_ origin: Repository) -> Bool {
        refusals < Self.missesBeforeGivingUp && (!takesNoFurther || asked.contains(origin))
    }

    /// The registry accepted the request with the guess.
    ///
    /// - Parameters:
    ///   - isRight: the blob was mounted.
    ///   - takesToken: the scope was requested from a token service.
    mutating func noteAnswer(_ origin: Repository, isRight: Bool, takesToken: Bool) {
        isTried = true
        guard takesToken else { return }
        takesNoFurther = !isRight
        if asked.count < Self.mostRepositories { asked.insert(origin) }
    }

    /// - Parameter isFinal: the refusal is the registry's own answer to this request.
    mutating func noteRefusal(isFinal: Bool) {
        isTried = true
        refusals = isFinal ? Self.missesBeforeGivingUp : min(refusals + 1, Self.missesBeforeGivingUp)
    }
}
