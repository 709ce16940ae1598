// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTasks
import Testing

@Suite struct TreeEndTests {
    private func end(_ registry: String, _ path: String? = nil) throws -> TreeEnd {
        guard let path else { return try #require(TreeEnd(registry: registry)) }
        return TreeEnd(NamedRepository(registry: try RegistryHost(registry), repository: try Repository(path)))
    }

    private func place(_ path: String) throws -> NamedRepository {
        NamedRepository(registry: try RegistryHost("a.example"), repository: try Repository(path))
    }

    @Test func `a text that could be a host alone is one`() {
        for text in ["a.example", "a.example/", "localhost", "host:5000"] { #expect(TreeEnd(registry: text) != nil) }
        for text in ["debian", "a.example/team", "library/debian"] { #expect(TreeEnd(registry: text) == nil) }
    }

    private static let places: [(source: String?, target: String?, repository: String, expected: String)] = [
        ("team", "mirror", "team/app/x", "mirror/app/x"), ("team", "mirror", "team", "mirror"),
        ("team", nil, "team/app", "app"), ("team", nil, "team", "team"), (nil, "mirror", "team/app", "mirror/team/app"),
        (nil, nil, "team/app", "team/app"),
    ]

    @Test(arguments: places) func `a repository keeps its place below the end`(
        row: (source: String?, target: String?, repository: String, expected: String)
    ) throws {
        let found = try end("b.example", row.target).place(
            of: place(row.repository), from: end("a.example", row.source))
        #expect(found.name == "b.example/\(row.expected)")
    }
}
