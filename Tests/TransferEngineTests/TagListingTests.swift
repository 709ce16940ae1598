// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

@Suite struct TagListingTests {
    private let scene = Scene()

    private func place(_ repository: String, of store: StoreID = "source") throws -> RepositoryPlace {
        RepositoryPlace(store, try Repository(repository))
    }

    private func list(
        _ places: [RepositoryPlace], width: Int = 4
    ) async -> [RepositoryPlace: Result<[OCI.Tag], TransferFailure>] {
        let stores = ["source": scene.source, "other": scene.other]
        var settings = TransferSettings()
        settings.requests.connectionsPerStore = width
        return await TagListing(settings: settings.requests, clock: scene.clock) { stores[$0.name]! }
            .tags(of: places)
    }

    @Test func `each repository is listed once, however often it is named`() async throws {
        scene.source.add(SampleImage(layers: ["x"]), to: try Repository("a"), tag: try OCI.Tag("1"))
        let place = try place("a")
        let found = await list([place, place, place])
        #expect(try found[place]?.get().map(\.name) == ["1"])
        #expect(scene.source.log == [.tags(place.repository)])
    }

    @Test func `a listing that fails is tried again, and fails alone`() async throws {
        let (bad, shaky, good) = (try place("bad"), try place("shaky"), try place("good", of: "other"))
        scene.source.addFault { operation, earlier in
            switch operation {
            case .tags(bad.repository): ContentFailure(.denied, "no")
            case .tags(shaky.repository) where earlier < 2: ContentFailure(.unavailable, "503", retry: .later)
            default: nil
            }
        }
        let found = await list([bad, shaky, good])
        #expect(throws: TransferFailure.self) { try found[bad]?.get() }
        #expect(try found[shaky]?.get() == [])
        #expect(try found[good]?.get() == [])
        #expect(scene.source.count { $0 == .tags(shaky.repository) } == 3)
    }

    @Test func `no more listings are under way at one registry than asked for`() async throws {
        let places = try (0..<50).map { try place("r\($0)") }
        let found = await list(places, width: 3)
        #expect(found.count == 50)
        #expect(scene.source.mostRunning <= 3)
    }

    @Test func `a registry that asks for a pause holds up no other`() async throws {
        let (slow, quick) = (try place("slow"), try place("quick", of: "other"))
        scene.source.addFault { _, earlier in
            earlier == 0 ? ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(60)), status: 429) : nil
        }
        let found = await list([slow, quick])
        #expect(found.count == 2)
        let sleep = try #require(scene.clock.sleeps.first)
        #expect(sleep >= .seconds(60) && sleep < .seconds(70))
    }
}
