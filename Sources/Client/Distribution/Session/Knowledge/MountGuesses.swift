// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a registry makes of mounts from repositories of which nobody knows whether they are there.
///
/// Where no token is asked for, such a guess costs nothing: it goes with the request that opens the upload. A token service is asked
/// for one more scope, and may refuse all of them for want of that one (go-containerregistry#1679): that is found out once. It is asked
/// for the scopes of further repositories only as long as the guesses are right.
struct MountGuesses: Sendable {
    /// Repositories whose scope was asked for beside that of the repository that is written to.
    private var asked: Set<Repository> = []
    private var refusals = 0
    /// An answer has told what becomes of a guess.
    private(set) var isTried = false
    private var takesNoFurther = false

    /// The number of repositories that are remembered.
    static let mostRepositories = 10_000
    /// After so many failures that may have other reasons, no guess is made any more.
    static let missesBeforeGivingUp = 3

    func mayAsk(_ origin: Repository) -> Bool {
        refusals < Self.missesBeforeGivingUp && (!takesNoFurther || asked.contains(origin))
    }

    /// The registry took the guess.
    ///
    /// - Parameters:
    ///   - isRight: the blob was mounted.
    ///   - takesToken: a token service was asked for the scope.
    mutating func noteAnswer(_ origin: Repository, isRight: Bool, takesToken: Bool) {
        isTried = true
        guard takesToken else { return }
        takesNoFurther = !isRight
        if asked.count < Self.mostRepositories { asked.insert(origin) }
    }

    /// - Parameter isFinal: the registry's own answer, which means no other request.
    mutating func noteRefusal(isFinal: Bool) {
        isTried = true
        refusals = isFinal ? Self.missesBeforeGivingUp : min(refusals + 1, Self.missesBeforeGivingUp)
    }
}
