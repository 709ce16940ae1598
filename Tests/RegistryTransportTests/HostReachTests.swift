// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing

@Suite struct HostReachTests {
    @Test(arguments: [
        "localhost", "127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.9", "172.31.255.1", "[fd12::1]", "registry",
        "registry.local", "registry.internal", "registry.example", "Registry.LOCAL.", "nas.home.arpa", "a.test",
        "a.b.localhost",
    ])
    func `this machine, private addresses and private names are near`(host: String) {
        #expect(HostReach(writtenAs: host) == .nearby)
    }

    @Test(arguments: ["8.8.8.8", "134744072", "[2001:4860::8888]", "169.254.169.254", "metadata.google.internal"])
    func `a public address is not, and nothing that nobody should load`(host: String) {
        #expect(HostReach(writtenAs: host) == .internet("\(host) is not an address of a private network"))
    }

    @Test func `other names are placed by all their addresses`() {
        #expect(HostReach(writtenAs: "registry.example.com") == nil)
        #expect(HostReach("r.example", addresses: ["10.0.0.1", "::1"]) == .nearby)
        #expect(HostReach("r.example", addresses: ["10.0.0.1", "8.8.8.8"]) != .nearby)
        #expect(
            HostReach("r.example", addresses: [])
                == .internet("r.example has no address here: there is no such host, or only a proxy knows it"))
    }
}
