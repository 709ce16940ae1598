// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct ImageConfigTests {
    private func config(_ text: String) throws(ImageConfigError) -> ImageConfig { try ImageConfig(Array(text.utf8)) }

    @Test func `gives the diff IDs in order`() throws {
        let (first, second) = (
            "sha256:" + String(repeating: "a", count: 64), "sha256:" + String(repeating: "b", count: 64)
        )
        let diffIDs = try config("{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"\(first)\",\"\(second)\"]}}").diffIDs
        #expect(diffIDs?.map(\.text) == [first, second])
    }

    @Test(arguments: ["{}", "{\"rootfs\":null}", "{\"rootfs\":{\"diff_ids\":null}}", "[]"])
    func `has none where it names none`(text: String) throws {
        #expect(try config(text).diffIDs == nil)
    }

    @Test(arguments: [
        "", "{", "{\"rootfs\":{\"diff_ids\":7}}", "{\"rootfs\":{\"diff_ids\":[7]}}",
        "{\"rootfs\":{\"diff_ids\":[\"sha256:short\"]}}",
    ])
    func `refuses what cannot be read`(text: String) {
        #expect(throws: ImageConfigError.self) { try config(text) }
    }
}
