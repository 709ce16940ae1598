// SPDX-License-Identifier: Apache-2.0

import Keychain
import OCI
import RegistryAuth
import RegistryTransport
import Testing
import TransshipTesting

@Suite struct KeychainNumberTests {
    private static let wellKnown = "/home/u/.config/gcloud/application_default_credentials.json"
    private static let user =
        #"{"type":"authorized_user","client_id":"c","client_secret":"cs","refresh_token":"rt"}"#

    @Test(arguments: ExtremeNumber.all) func `a token of any lifetime is used, for at least 5 s and at most a day`(
        number: ExtremeNumber
    ) async throws {
        let machine = Machine(files: [Self.wellKnown: Self.user]) { _ in
            (200, [:], #"{"access_token":"t","expires_in":\#(number.text)}"#)
        }
        let (keychain, host) = (try machine.keychain(), try RegistryHost("gcr.io"))
        for (seconds, requests) in [(Int64(0), 1), (4, 1), (86_401, 2)] {
            machine.advance(by: seconds)
            let answer = try await keychain.credential(for: host, repository: nil)
            // An answer that is no JSON holds no token.
            guard answer.credential != nil else { return }
            #expect(machine.requests.count == requests)
        }
    }
}
