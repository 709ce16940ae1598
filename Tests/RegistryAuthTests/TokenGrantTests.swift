// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth
import Testing
import TransshipTesting

@Suite struct TokenGrantTests {
    @Test(arguments: ExtremeNumber.all) func `a token lives a minute to a day, whatever its service says`(
        number: ExtremeNumber
    ) {
        let grant = TokenGrant(Array(#"{"token":"t","expires_in":\#(number.text)}"#.utf8))
        #expect(grant.map { (.seconds(60) ... .seconds(86_400)).contains($0.lifetime) } ?? true)
    }
}
