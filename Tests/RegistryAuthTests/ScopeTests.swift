// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth
import Testing

@Suite struct ScopeTests {
    private let app: Repository
    private let base: Repository

    init() throws {
        app = try Repository("team/app")
        base = try Repository("base")
    }

    @Test(arguments: [
        ("repository:team/app:push,pull", "repository:team/app:push,pull"),
        ("repository:team/app:pull,push", "repository:team/app:push,pull"),
        ("repository(plugin):host:5000/x:pull", "repository(plugin):host:5000/x:pull"),
        ("registry:catalog:*", "registry:catalog:*"),
        ("repository:a:pull,delete,push,annotate", "repository:a:push,pull,delete,annotate"),
    ])
    func `is read and written in one order`(text: String, expected: String) {
        #expect(Scope(text)?.text == expected)
    }

    @Test(arguments: ["", "repository", "repository:", "repository:a", "repository:a:", ":a:pull", "repository::pull"])
    func `what is no scope is refused`(text: String) { #expect(Scope(text) == nil) }

    @Test func `the scope with push comes first`() {
        let scopes = ScopeSet(.pull(base), .push(app))
        #expect(scopes.description == "repository:team/app:push,pull repository:base:pull")
    }

    @Test func `scopes of one repository are one`() {
        #expect(ScopeSet(.pull(app), .push(app)) == ScopeSet(.push(app)))
    }

    @Test func `a wider token covers a narrower request, never the other way round`() {
        let wide = ScopeSet(.push(app), .pull(base))
        #expect(wide.covers(ScopeSet(.pull(app))))
        #expect(wide.covers(ScopeSet(.pull(base))))
        #expect(!wide.covers(ScopeSet(.push(base))))
        #expect(!ScopeSet(.pull(app)).covers(ScopeSet(.push(app))))
        #expect(wide.covers(ScopeSet()))
    }

    @Test func `a challenge may hold several scopes`() {
        let scopes = ScopeSet(challenge: "repository:team/app:pull,push nonsense repository:base:pull")
        #expect(scopes == ScopeSet(.push(app), .pull(base)))
    }
}
