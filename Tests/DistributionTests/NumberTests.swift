// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryTransport
import Testing
import TransshipTesting

/// Numbers in the headers of registries.
@Suite struct HeaderNumberTests {
    private let blob = SampleBlob(size: 100)

    private func store(_ answer: ScriptedTransport.Answer) throws -> RegistryStore {
        try RegistryNetwork(ScriptedTransport { $0.url.path == "/v2/" ? .ok : answer }).store("r.io")
    }

    @Test(arguments: ExtremeNumber.all) func `a pause is never negative, and never more than ten days`(
        number: ExtremeNumber
    ) async throws {
        let store = try store(.init(status: 429, headers: ["Retry-After": number.text]))
        let failure = await failure { try await store.manifest(.tag(.latest), in: .app) }
        guard case .notBefore(let pause) = failure?.retry else {
            #expect(failure?.retry == .later)
            return
        }
        #expect((.zero ... .seconds(10 * 86_400)).contains(pause))
    }

    @Test(arguments: ExtremeNumber.all) func `pulls that are left are counted where a count and a window are numbers`(
        number: ExtremeNumber
    ) async throws {
        for (value, isUsed) in [
            ("\(number.text);w=21600", number.value != nil),
            ("76;w=\(number.text)", number.value.map { (3600..<1 << 31).contains($0) } ?? false),
        ] {
            let headers: WireHeaders = ["RateLimit-Remaining": value, "RateLimit-Limit": value]
            let store = try store(.init(status: 404, headers: headers))
            _ = await failure { try await store.manifest(.tag(.latest), in: .app) }
            #expect((store.pullAllowance() != nil) == isUsed, "\(value)")
        }
    }

    @Test(arguments: ExtremeNumber.all) func `an upload's progress is believed up to 16 TiB`(
        number: ExtremeNumber
    ) async throws {
        let headers: WireHeaders = ["Range": "0-\(number.text)"]
        let session = UploadSession(location: "https://r.io/u", repository: .app)
        let progress = try await store(.init(status: 204, headers: headers)).progress(of: session)
        let last = number.value.flatMap { $0 <= 1 << 44 ? $0 : nil }
        #expect(progress?.acknowledged == last.map { $0 == 0 ? 0 : $0 + 1 })
    }

    @Test(arguments: ExtremeNumber.all) func `a part that is labelled with another number is not taken`(
        number: ExtremeNumber
    ) async throws {
        for label in ["bytes 50-\(number.text)/100", "bytes \(number.text)-99/100", "bytes 50-99/\(number.text)"] {
            let store = try store(.init(status: 206, headers: ["Content-Range": label]))
            let failure = await failure { try await store.blob(blob.descriptor, in: .app, from: 50) }
            #expect(failure != nil, "\(label)")
        }
    }

    @Test(arguments: ExtremeNumber.all) func `the size of a blob no descriptor names is believed up to 16 TiB`(
        number: ExtremeNumber
    ) async throws {
        let store = try store(.init(status: 200, headers: ["Content-Length": number.text]))
        let size = try? await store.size(ofBlob: blob.descriptor.digest, in: .app)
        let opened = try? await store.openBlob(blob.descriptor.digest, in: .app)
        let expected = number.value.flatMap { $0 <= 1 << 44 ? $0 : nil }
        #expect(size == expected && opened?.size == expected)
    }
}
