// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct Base64Tests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("{}", "e30=")])
    func `goes both ways`(plain: String, encoded: String) {
        #expect(Base64.encode(plain.utf8) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg", "Zg=", "Z", "Zm9v!", "Zm 9v", "Zm9v\n", "Zm9-", "=", "Zg==Zg=="])
    func `refuses what is not padded base64`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("\u{FB}\u{FF}?>", "w7vDvz8-")])
    func `the form for URLs has no padding and needs no escapes`(plain: String, encoded: String) {
        #expect(Base64.encodeForURL(plain.utf8) == encoded)
    }
}
