// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

@Suite struct VariablesTests {
    /// What `IMAGE` is after the line, in a file that begins with `TAG=1.2` and ends its lines with CR LF.
    @Test(arguments: [
        ("IMAGE=app:1", "app:1"),
        ("\texport  IMAGE = app:1  ", "app:1"),
        ("IMAGE=app:1 # the old one", "app:1"),
        ("IMAGE=app#1", "app#1"),
        ("IMAGE=\"app:1 # not a comment\" # one", "app:1 # not a comment"),
        ("IMAGE=app:$TAG", "app:1.2"),
        ("IMAGE=\"app:${TAG}\"", "app:1.2"),
        ("IMAGE='app:$TAG'", "app:$TAG"),
        ("IMAGE=app:$UNKNOWN", "app:$UNKNOWN"),
        ("IMAGE=\"app", "\"app"),
        ("IMAGE=größe", "größe"),
        ("IMAGE=", ""),
        ("IMAGE", nil),
        ("# IMAGE=app:1", nil),
    ])
    func `a line of an .env file is read as Compose reads it`(line: String, value: String?) {
        var variables = Variables()
        variables.readDotEnv(Array("TAG=1.2\r\n\r\n\(line)\r\nLAST=1".utf8), file: "some.env")
        #expect(variables.values["IMAGE"]?.string == value)
        #expect(variables.files["IMAGE"] == (value == nil ? nil : "some.env"))
        #expect(variables.values["LAST"]?.string == "1")
    }
}
