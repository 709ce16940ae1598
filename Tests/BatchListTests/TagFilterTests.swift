// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Testing

@Suite struct TagFilterTests {
    private func selected(_ filter: String, from tags: String) throws -> [String] {
        let filter = try TagFilter(parsing: filter)
        return try tags.split(separator: " ").map { try OCI.Tag($0) }.filter(filter.selects).map(\.name)
    }

    @Test(arguments: [
        ("*", "1 a.b-c latest"), ("1.2?", "1.20 1.29"), ("1.*", "1. 1.2 1.2.3-rc"), ("*-alpine", "1-alpine 2.1-alpine"),
        ("v[12].*", "v1.0 v2.9"), ("[!v]*", "1.0 latest"), ("*.*.*", "1.2.3 a.b.c.d"), ("a*b*c", "abc aXbbc abcbc"),
        ("[]x]*", "x1"), ("?", "a 1"),
    ])
    func `selects by glob, over the whole tag`(filter: String, tags: String) throws {
        #expect(try selected(filter, from: tags) == tags.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        ("1.2?", "1.2 1.200 11.20 x1.20"), ("*-alpine", "alpine 1-alpine3"), ("v[12].*", "v3.0 1.0"),
        ("[!v]*", "v1"), ("a*b*c", "acb abcd"), ("?", "ab"), ("1.*", "1 11"),
    ])
    func `leaves out what a glob does not describe`(filter: String, tags: String) throws {
        #expect(try selected(filter, from: tags).isEmpty)
    }

    private static let versions = "1 1.19.9 1.20 1.20.0-rc1 v1.21.3 1.9.0 2.0.0-rc.1 2.0.0 18.04 latest 1.2.3.4 01x"

    @Test(arguments: [
        ("{semver>=1.20 <2}", "1.20 v1.21.3"), ("{semver >= 1.20, < 2}", "1.20 v1.21.3"),
        ("{semver<1.10}", "1 1.9.0"), ("{semver>1.20}", "v1.21.3 2.0.0 18.04"), ("{semver<=1.19.9}", "1 1.19.9 1.9.0"),
        ("{semver=1.20.0}", "1.20"), ("{semver1.20}", "1.20"), ("{semver^1.20}", "1.20 v1.21.3"),
        ("{semver~1.20}", "1.20"), ("{semver>=1.19 !=1.20 <2}", "1.19.9 v1.21.3"),
        ("{semver<1.1 || >=18}", "1 18.04"), ("{semver>=1.20.0-rc0 <1.21}", "1.20 1.20.0-rc1"),
        ("{semver=2.0.0-rc.1}", "2.0.0-rc.1"), ("{semver>=99}", ""),
    ])
    func `selects by version`(filter: String, expected: String) throws {
        #expect(try selected(filter, from: Self.versions) == expected.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0",
        "0.0.1 0.1.0 0.9.9 1.0.0 1.0.10 1.2.0 10.0.0",
    ])
    func `orders versions as semver does`(ordered: String) throws {
        let versions = ordered.split(separator: " ").map(String.init)
        for (position, version) in versions.enumerated() {
            #expect(try selected("{semver<=\(version)}", from: ordered).suffix(1) == [version])
            #expect(try !selected("{semver<\(version)}", from: ordered).contains { versions[position...].contains($0) })
        }
    }

    @Test(arguments: [
        ("~^v[0-9]+$", "v1 v20", "v 1 v1a xv1"), ("~rc", "1-rc rc arc", "r c cr"),
        ("~^1\\.2[0-9](-alpine)?$", "1.20 1.29-alpine", "1x20 1.2"),
        ("~^(a|bc)+$", "a bc abca", "b ac1"), ("~^a{2,3}$", "aa aaa", "a aaaa"), ("~^a{2}$", "aa", "a aaa"),
        ("~^a{2,}$", "aa aaaa", "a"), ("~(?i)^latest$", "Latest LATEST", "late"),
        ("~^[^0-9]", "a1 -x", "1a"), ("~^\\d+\\.\\d+$", "1.2 10.20", "1 1.2.3"), ("~^(?:a|)$", "a", "b"),
        ("~a.c", "abc xa.cx", "ac"), ("~\\w-\\W?\\w", "a-b a--b", "ab"), ("~^.*?$", "anything", ""),
    ])
    func `selects by regular expression, anywhere unless anchored`(filter: String, yes: String, no: String) throws {
        #expect(try selected(filter, from: yes + " " + no) == yes.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        "~", "~(", "~)", "~a)", "~[a", "~*", "~a{", "~a{3,1}", "~\\", "~\\1", "~(?=a)", "~^(?i)x$", "~(?<n>a)", "~é",
        "~[z-a]",
        "~((((a{99}){99}){99}){99})", "{}", "{>=1}", "{semver}", "{semver>=}", "{semver=>1}", "{semver>=1 ||}",
        "{semver>=1",
        "{semver latest}", "[a", "[z-a]", "é*",
    ])
    func `refuses what is no filter`(filter: String) {
        #expect(throws: TagFilterError.self) { try TagFilter(parsing: filter) }
    }

    @Test func `a pattern made to hang others ends`() throws {
        let tag = String(repeating: "a", count: 127) + "b"
        for pattern in ["~^(a+)+$", "~^(a|a)*$", "~^(a*)*(a*)*c$", "~(a?){99}a{99}c"] {
            #expect(try selected(pattern, from: tag).isEmpty)
        }
        #expect(try selected("*a*a*a*a*a*a*a*a*c", from: tag).isEmpty)
    }
}
