// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing

@Suite struct HopPolicyTests {
    @Test(arguments: [
        ("127.0.0.1", AddressClass.loopback), ("127.1", .loopback), ("2130706433", .loopback), ("0x7f.1", .loopback),
        ("0177.0.0.1", .loopback), ("[::1]", .loopback), ("[::ffff:127.0.0.1]", .loopback), ("localhost", .loopback),
        ("x.localhost", .loopback), ("localhost.", .loopback), ("10.1.2.3", .privateNetwork),
        ("172.16.0.1", .privateNetwork), ("172.32.0.1", .everywhere), ("192.168.1.1", .privateNetwork),
        ("100.64.0.1", .privateNetwork), ("[fd12::1]", .privateNetwork), ("169.254.169.254", .forbidden),
        ("2852039166", .forbidden), ("0xa9fea9fe", .forbidden), ("0251.0376.0251.0376", .forbidden),
        ("[fd00:ec2::254]", .forbidden), ("[fe80::1]", .forbidden), ("0.0.0.0", .forbidden), ("0", .forbidden),
        ("[::]", .forbidden), ("224.0.0.1", .forbidden), ("255.255.255.255", .forbidden), ("[ff02::1]", .forbidden),
        ("[64:ff9b::a9fe:a9fe]", .forbidden), ("[::ffff:10.0.0.1]", .privateNetwork),
        ("192.0.0.192", .forbidden), ("168.63.129.16", .forbidden), ("100.100.100.200", .forbidden),
        ("2822734096", .forbidden), ("[::ffff:168.63.129.16]", .forbidden), ("[fd20:ce::254]", .forbidden),
        ("[fd00:42::42]", .forbidden), ("[2002:a9fe:a9fe::1]", .forbidden), ("[2002:a00:1::1]", .privateNetwork),
        ("[::ffff:0:169.254.169.254]", .forbidden), ("[2002:808:808::1]", .everywhere),
        ("168.63.129.17", .everywhere), ("100.100.100.201", .privateNetwork), ("192.0.1.1", .everywhere),
        ("metadata.google.internal", .forbidden), ("8.8.8.8", .everywhere), ("[2001:db8::1]", .everywhere),
    ])
    func `places addresses in every spelling`(host: String, expected: AddressClass) {
        #expect(AddressClass(host: host) == expected)
    }

    @Test(arguments: ["example.com", "1.2.3.4.example", "256.0.0.1", "1.2.3.4.5", "h", "089.1.1.1"])
    func `names are for the resolver to place`(host: String) { #expect(AddressClass(host: host) == nil) }

    struct Hop: Sendable, CustomTestStringConvertible {
        let home: String
        var connected: AddressClass?
        let to: String
        let expected: Result<WireRequest.Reach, HopPolicy.Refusal>
        var testDescription: String { "\(home) → \(to)" }
    }

    static let hops = [
        Hop(home: "https://r.io", to: "https://r.io/x", expected: .success(.anywhere)),
        Hop(home: "https://r.io", to: "https://cdn.io/x", expected: .success(.publicOr(.everywhere))),
        Hop(home: "https://r.io", to: "http://r.io/x", expected: .failure(.downgrade)),
        Hop(home: "https://r.io", to: "http://cdn.io/x", expected: .failure(.downgrade)),
        Hop(home: "https://r.io", to: "https://10.0.0.1/x", expected: .failure(.internalAddress)),
        Hop(home: "https://r.io", to: "https://localhost/x", expected: .failure(.internalAddress)),
        Hop(home: "https://r.io", to: "https://169.254.169.254/x", expected: .failure(.internalAddress)),
        Hop(
            home: "https://r.corp", connected: .privateNetwork, to: "https://s3.corp/x",
            expected: .success(.publicOr(.privateNetwork))),
        Hop(
            home: "https://r.corp", connected: .privateNetwork, to: "https://10.0.0.9/x",
            expected: .success(.publicOr(.privateNetwork))),
        Hop(
            home: "https://r.corp", connected: .privateNetwork, to: "https://127.0.0.1/x",
            expected: .failure(.internalAddress)),
        Hop(home: "http://127.0.0.1:5000", to: "http://127.0.0.1:9000/x", expected: .success(.publicOr(.loopback))),
        Hop(home: "http://127.0.0.1:5000", to: "http://169.254.169.254/x", expected: .failure(.internalAddress)),
        Hop(home: "http://10.0.0.1:5000", to: "http://127.0.0.1/x", expected: .failure(.internalAddress)),
    ]

    @Test(arguments: hops) func `lets a registry lead only where its own kind is`(hop: Hop) throws {
        let home = try WireURL(hop.home).origin
        let policy = HopPolicy(home: home, connected: hop.connected)
        let url = try WireURL(hop.to)
        let result = Result { () throws(HopPolicy.Refusal) in try policy.reach(of: url, from: home) }
        #expect(result == hop.expected)
    }
}
