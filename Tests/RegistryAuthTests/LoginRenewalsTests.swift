// SPDX-License-Identifier: Apache-2.0

import RegistryAuth
import Testing

@Suite struct LoginRenewalsTests {
    private let start = ContinuousClock.now
    private let login = Credential.basic(user: "u", password: Secret("p"))

    /// What is said to questions about refused logins, at so many seconds after the start.
    private func answers(
        proven: [Credential], to questions: [(login: Credential, second: Int)]
    ) -> [Bool] {
        var renewals = LoginRenewals()
        for credential in proven { renewals.prove(credential) }
        return questions.map { renewals.begin($0.login, at: start + .seconds($0.second)) }
    }

    @Test func `a login that never worked is not asked for again`() {
        #expect(answers(proven: [], to: [(login, 0)]) == [false])
    }

    @Test func `one that worked is, once in a minute`() {
        #expect(
            answers(proven: [login], to: [(login, 0), (login, 0), (login, 59), (login, 60)])
                == [true, false, false, true])
    }

    @Test func `another login has its own turn`() {
        let other = Credential.basic(user: "u", password: Secret("q"))
        #expect(answers(proven: [login, other], to: [(login, 0), (other, 0)]) == [true, true])
    }
}
