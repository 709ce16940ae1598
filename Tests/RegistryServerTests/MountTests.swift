// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import RegistryServer
import Testing

struct MountTests {
    @Test(arguments: Shelf.allCases)
    func `mounts a blob from the repository named`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "layer", to: "lib/base")
        let answer = try await registry.send(.POST, "/v2/app/blobs/uploads/?mount=\(digest)&from=lib/base")
        #expect(answer.status == 201)
        #expect(answer["Location"] == "/v2/app/blobs/\(digest)")
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(digest)").text == "layer")
    }

    @Test(arguments: Shelf.allCases)
    func `mounts from anywhere when no repository is named`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "layer", to: "lib")
        #expect(try await registry.send(.POST, "/v2/app/blobs/uploads/?mount=\(digest)").status == 201)
        #expect(try await registry.send(.HEAD, "/v2/app/blobs/\(digest)").status == 200)
    }

    @Test(arguments: Shelf.allCases)
    func `opens a session where the blob is not in the repository named`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "layer", to: "lib")
        for origin in ["other", "not%20a%20name"] {
            let answer = try await registry.send(.POST, "/v2/app/blobs/uploads/?mount=\(digest)&from=\(origin)")
            #expect(answer.status == 202)
            #expect(answer["Location"]?.hasPrefix("/v2/app/blobs/uploads/") == true)
        }
        #expect(try await registry.send(.HEAD, "/v2/app/blobs/\(digest)").status == 404)
        #expect(try await registry.send(.GET, "/v2/other/tags/list").status == 404)
    }

    @Test(arguments: Shelf.allCases)
    func `answers a mount from the repository itself by whether it has the blob`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = "layer".digest()
        let question = "/v2/app/blobs/uploads/?mount=\(digest)&from=app"
        #expect(try await registry.send(.POST, question).status == 202)
        try await registry.push(blob: "layer")
        #expect(try await registry.send(.POST, question).status == 201)
    }

    @Test(arguments: Shelf.allCases)
    func `shows a blob only in repositories it was pushed or mounted into`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "layer", to: "lib")
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(digest)").codes == ["BLOB_UNKNOWN"])
    }
}
