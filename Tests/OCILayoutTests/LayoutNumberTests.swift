// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing
import TransshipTesting

@testable import OCILayout

@Suite struct LayoutNumberTests {
    @Test(arguments: ExtremeNumber.all) func `an index lists entries whose size is 0 to 16 TiB`(
        number: ExtremeNumber
    ) {
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let text = #"{"manifests":[{"mediaType":"a/b","digest":"\#(digest)","size":\#(number.text)}]}"#
        let expected = number.text.contains(" ") ? 1 : number.value.flatMap { $0 <= 1 << 44 ? $0 : nil }
        #expect((try? LayoutIndex(Array(text.utf8)))?.entries.first?.size == expected)
    }
}
