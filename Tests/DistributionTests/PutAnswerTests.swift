// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import ProtocolCases
import RegistryTransport
import Synchronization
import Testing

/// A manifest is put once. Where the answer does not say what was taken, the target is asked, and asked again.
@Suite struct PutAnswerTests {
    typealias Answer = ScriptedTransport.Answer

    private let image = SampleImage()
    private static let theirs = answer(Array(#"{"schemaVersion":2,"note":"theirs"}"#.utf8))

    private static func answer(_ bytes: [UInt8]) -> Answer {
        Answer(
            status: 200,
            headers: [
                "Content-Type": MediaType.ociManifest.essence,
                "Docker-Content-Digest": ContentHash.digest(of: bytes).text,
            ], body: String(decoding: bytes, as: UTF8.self))
    }

    /// Whose manifest the tag shows.
    private enum Shown {
        case ours
        case theirs
        case nobodys
    }

    /// - Parameters:
    ///   - put: the answer to the PUT.
    ///   - knowsOurs: whether the manifest is there by its digest.
    ///   - tag: what the tag shows; the questions for it are counted from 0.
    private func put(
        _ put: Answer = Answer(status: 201), knowsOurs: Bool = true,
        tag: @escaping @Sendable (_ method: WireRequest.Method, _ number: Int) -> Shown
    ) async throws -> (failure: ContentFailure?, puts: Int) {
        let count = Mutex(0)
        let ours = Self.answer(image.manifest.bytes)
        let wire = ScriptedTransport { request in
            if request.url.path == "/v2/" { return .ok }
            if request.method == .put { return put }
            guard request.url.path.hasSuffix("/latest") else { return knowsOurs ? ours : .notFound }
            let number = count.withLock { count in
                defer { count += 1 }
                return count
            }
            return switch tag(request.method, number) {
            case .ours: ours
            case .theirs: Self.theirs
            case .nobodys: .notFound
            }
        }
        let store = try RegistryNetwork(wire).store("r.io", as: .target)
        let failure = await failure {
            try await store.put(image.manifest, as: image.manifest.mediaType, at: .tag(.latest), in: .app)
        }
        return (failure, wire.requests.count { $0.method == .put })
    }

    @Test(arguments: [true, false])
    func `a target that shows for a while what was there before is asked again, not written to again`(
        hasTag: Bool
    ) async throws {
        let result = try await put { _, number in number > 5 ? .ours : hasTag ? .theirs : .nobodys }
        #expect(result.failure == nil && result.puts == 1)
    }

    @Test func `a HEAD that stays old is not believed where GET shows the manifest`() async throws {
        let result = try await put { method, _ in method == .head ? .theirs : .ours }
        #expect(result.failure == nil && result.puts == 1)
    }

    @Test func `a tag that another client has set meanwhile stays that client's`() async throws {
        let result = try await put { _, _ in .theirs }
        #expect(result.failure?.kind == .conflict && result.failure?.retry == .never && result.puts == 1)
        #expect(result.failure?.message.contains("somebody else has set it meanwhile") == true)
    }

    @Test(.covers("M12")) func `bytes that were damaged on their way up are sent once more`() async throws {
        let result = try await put(knowsOurs: false) { _, _ in .theirs }
        #expect(result.failure?.kind == .corrupt && result.failure?.retry == .later)
        #expect(result.failure?.received != nil)
    }

    private static func refusal(_ status: Int, _ code: String, _ message: String) -> Answer {
        .json(#"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#, status)
    }

    @Test(arguments: [
        (403, "DENIED", "tag is immutable"), (403, "DENIED", "no"), (405, "UNSUPPORTED", ""), (400, "TAG_INVALID", ""),
    ])
    func `a tag that may not be written and names the manifest is there`(
        status: Int, code: String, message: String
    ) async throws {
        let refusal = Self.refusal(status, code, message)
        #expect(try await put(refusal, tag: { _, _ in .ours }).failure == nil)
        #expect(try await put(refusal, tag: { _, _ in .theirs }).failure?.status == status)
    }

    @Test(arguments: [("The tag is immutable", ContentFailure.Kind.conflict), ("requested access is denied", .denied)])
    func `a tag that is kept whoever asks is no refusal of a login`(
        message: String, kind: ContentFailure.Kind
    ) async throws {
        let failure = try await put(Self.refusal(403, "DENIED", message), tag: { _, _ in .theirs }).failure
        #expect(failure?.kind == kind && (failure?.hint == nil) == (kind == .conflict))
    }
}
