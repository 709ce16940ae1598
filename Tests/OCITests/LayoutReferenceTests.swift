// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct LayoutReferenceTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(
        arguments: [
            ("oci:dir", "dir", nil, nil), ("oci:dir:v1", "dir", "v1", nil), ("oci:/a/b.c:v1", "/a/b.c", "v1", nil),
            ("oci:./a:b/c", "./a:b/c", nil, nil), ("oci:a:b:c", "a:b", "c", nil),
            ("oci:dir@\(digest)", "dir", nil, digest),
        ] as [(String, String, String?, String?)])
    func `names a folder, and an image in it`(text: String, folder: String, tag: String?, digest: String?) throws {
        let layout = try LayoutReference(parsing: text)
        #expect(layout.folder == folder && layout.tag?.name == tag && layout.digest?.text == digest)
        #expect(layout.asTyped == text)
    }

    @Test(arguments: ["oci:", "oci::v1", "oci:dir:", "oci:dir:v+1", "oci:dir@sha256:ab", "oci:@\(digest)"])
    func `is refused where folder, tag or digest is none`(text: String) {
        #expect(throws: ReferenceError.Reason.self) { try LayoutReference(parsing: text) }
    }
}
