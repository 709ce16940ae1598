// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

@Suite struct PathPatternTests {
    @Test(arguments: [
        ("*.yml", "a.yml", true), ("*.yml", "q/a.yml", false), ("**.yml", "a.yml", true), ("**.yml", "q/r/a.yml", true),
        ("**/*.yml", "q/a.yml", true), ("**/*.yml", "q/r/a.yml", true), ("**/*.yml", "a.yml", false),
        ("a*/b.yml", "ab/b.yml", true), ("a*/b.yml", "a/x/b.yml", false), ("a**b.yml", "a/x/b.yml", true),
        ("*.tf", "main.tf", true), ("*.tf", "main.tfvars", false), ("a?.yml", "ab.yml", false), ("", "", true),
        ("**a*b", "xa/ab", true), ("**a*b", "xa/b", false),
    ])
    func `a star stops at slashes, two stars do not, wherever they stand`(pattern: String, path: String, fits: Bool) {
        #expect(PathPattern(pattern).matches(path) == fits)
    }
}
