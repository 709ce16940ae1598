// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Testing
import TransshipTesting

@Suite struct ListNumberTests {
    @Test(arguments: ExtremeNumber.all, ["=", ">=", "^", "~", "<", "^0.", "~0.0.", "^0.0."])
    func `a filter with any version is read or refused, and then selects`(number: ExtremeNumber, sign: String) throws {
        guard let filter = try? TagFilter(parsing: "{semver\(sign)\(number.text)}") else { return }
        for tag in [
            "1", "0.0.1", "18446744073709551615.18446744073709551615.18446744073709551615", "1-99999999999999999999",
        ] { _ = filter.selects(try OCI.Tag(tag)) }
    }

    @Test(arguments: ExtremeNumber.all) func `an expression with any count is read or refused, and then selects`(
        number: ExtremeNumber
    ) throws {
        for expression in ["/a{\(number.text)}/", "/a{1,\(number.text)}/", "/(a{\(number.text)}){9}/"] {
            guard let filter = try? TagFilter(parsing: expression) else { continue }
            #expect(!filter.selects(try OCI.Tag("b")))
        }
    }

    @Test(arguments: ExtremeNumber.all) func `a line with any number for a port or tag is an item or a problem`(
        number: ExtremeNumber
    ) {
        var parser = BatchListParser()
        parser.read(Array("r.io:\(number.text)/a/b:\(number.text) t.io/c\n".utf8), file: "list")
        #expect(parser.entries.count + parser.problems.count <= 2)
    }
}
