// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import RegistryServer
import Testing

struct ReferrersTests {
    private let subject = "subject".digest()

    @Test(arguments: Shelf.allCases)
    func `lists what is about a manifest, whether or not that is there`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let referrer = try await registry.image("sbom", subject: subject, artifactType: "application/x.sbom")
        let put = try await registry.push(manifest: referrer)
        #expect(put["OCI-Subject"] == subject.text)
        let answer = try await registry.send(.GET, "/v2/app/referrers/\(subject)")
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == MediaType.ociIndex.essence)
        let entry = try #require(answer.json["manifests"]?.array?.first)
        #expect(entry["digest"]?.string == referrer.digest().text)
        #expect(entry["size"]?.integer == Int64(referrer.utf8.count))
        #expect(entry["artifactType"] == "application/x.sbom")
        #expect(entry["annotations"]?["name"] == "sbom")
    }

    @Test(arguments: Shelf.allCases)
    func `takes the config's type where a manifest has no artifact type`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        try await registry.push(manifest: try await registry.image("sbom", subject: subject))
        let answer = try await registry.send(.GET, "/v2/app/referrers/\(subject)")
        #expect(answer.json["manifests"]?.array?.first?["artifactType"]?.string == MediaType.ociConfig.essence)
    }

    @Test(arguments: Shelf.allCases, ["application/x.a+json", "application%2Fx.a%2Bjson"])
    func `filters by artifact type and says so`(shelf: Shelf, filter: String) async throws {
        let registry = try RegistryUnderTest(shelf)
        let wanted = try await registry.image("a", subject: subject, artifactType: "application/x.a+json")
        try await registry.push(manifest: wanted)
        try await registry.push(
            manifest: try await registry.image("b", subject: subject, artifactType: "application/x.b"))
        let answer = try await registry.send(.GET, "/v2/app/referrers/\(subject)?artifactType=\(filter)")
        #expect(answer["OCI-Filters-Applied"] == "artifactType")
        #expect(answer.json["manifests"]?.array?.compactMap { $0["digest"]?.string } == [wanted.digest().text])
    }

    @Test(arguments: Shelf.allCases)
    func `forgets a referrer with its manifest`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let referrer = try await registry.image("sbom", subject: subject)
        try await registry.push(manifest: referrer)
        try await registry.send(.DELETE, "/v2/app/manifests/\(referrer.digest())")
        let answer = try await registry.send(.GET, "/v2/app/referrers/\(subject)")
        #expect(answer.json["manifests"] == .array([]))
    }

    @Test(arguments: Shelf.allCases)
    func `answers an empty index where nothing is known`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let answer = try await registry.send(.GET, "/v2/never/seen/referrers/\(subject)")
        #expect(answer.status == 200)
        #expect(answer.json["schemaVersion"] == 2)
        #expect(answer.json["manifests"] == .array([]))
        #expect(try await registry.send(.GET, "/v2/app/referrers/sha256:abc").status == 400)
    }

    @Test(arguments: Shelf.allCases)
    func `splits a list that is too long for one index`(shelf: Shelf) async throws {
        var limits = RegistryLimits()
        limits.referrersPage = 600
        let registry = try RegistryUnderTest(shelf, limits: limits)
        var expected: [String] = []
        for number in 0..<5 {
            let referrer = try await registry.image("r\(number)", subject: subject, artifactType: "a/b")
            try await registry.push(manifest: referrer)
            expected.append(referrer.digest().text)
        }
        var target: String? = "/v2/app/referrers/\(subject)?artifactType=a/b"
        var (pages, found) = (0, [String]())
        while let next = target {
            let answer = try await registry.send(.GET, next)
            found += answer.json["manifests"]?.array?.compactMap { $0["digest"]?.string } ?? []
            target = answer["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
            pages += 1
        }
        #expect(pages > 1)
        #expect(found == expected.sorted())
    }
}
