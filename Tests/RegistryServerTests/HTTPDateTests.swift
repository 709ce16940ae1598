// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RegistryServer

struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
    ])
    func `writes a second as RFC 9110 wants it`(second: Int, text: String) {
        #expect(HTTPDate.text(second: second) == text)
    }
}
