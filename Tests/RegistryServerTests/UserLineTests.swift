// SPDX-License-Identifier: Apache-2.0

import RegistryServer
import Testing

@Suite struct UserLineTests {
    private func users(_ text: String) throws -> [String: String] { try UserLines.users(in: Array(text.utf8)) }

    @Test func `a line is a name and a password, which may have colons; empty lines and comments do not count`() throws
    {
        #expect(try users("# team\r\n\r\nann:secret\r\nbob:a:b\n") == ["ann": "secret", "bob": "a:b"])
    }

    @Test func `what is no pair is told by its line`() {
        #expect(throws: UserLines.Problem.noPair(line: 2)) { try users("ann:secret\nbob") }
        #expect(throws: UserLines.Problem.noPair(line: 1)) { try users(":secret") }
        #expect(throws: UserLines.Problem.noPassword(line: 1)) { try users("ann:") }
        #expect(throws: UserLines.Problem.noUser) { try users("# nobody\n") }
    }
}
