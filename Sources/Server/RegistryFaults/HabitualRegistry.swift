// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
package import RegistryServer
import Synchronization

/// A registry that behaves like another registry.
package final class HabitualRegistry: RegistryResponder {
    private let base: any RegistryResponder
    private let habits: RegistryHabits
    private let now: @Sendable () -> Duration
    private let state = Mutex(State())

    private struct State {
        var pulls = 0
        /// Digests that stored manifests of the repository list.
        var listed: [String: Set<String>] = [:]
        /// The time when each blob was stored.
        var stored: [String: Duration] = [:]
        /// The number of requests that were distributed to the replicas.
        var turns = 0
        /// By path of the upload session.
        var sessions: [String: Session] = [:]
    }

    private struct Session {
        var firstRange: String?
        var lastChunk: Int64 = 0
    }

    /// - Parameter now: the clock of the habits that depend on time.
    package init(
        _ base: any RegistryResponder, _ habits: RegistryHabits, now: @escaping @Sendable () -> Duration = { .zero }
    ) {
        self.base = base
        self.habits = habits
        self.now = now
    }

    package func respond(to request: RegistryRequest) async -> RegistryResponse {
        if let refusal = await refusal(request) { return refusal }
        var request = request
        let listed: Set<String>
        do { listed = try await digestsListed(by: &request) } catch { return .aborted(.close) }
        if let refusal = replicaRefusal(request, listed) { return refusal }
        let response = await base.respond(to: adapted(request))
        remember(response, to: request, listed)
        return mangled(response, to: request)
    }

    /// The request without the parameters that the registry does not support.
    private func adapted(_ request: RegistryRequest) -> RegistryRequest {
        var request = request
        switch RequestMatch.Subject(request) {
        case .uploadStart:
            let isAnonymousMount = request.query["mount"] != nil && request.query["from"] == nil
            if habits.mountAnswer == .session || (isAnonymousMount && !habits.mountsFromAnywhere)
                || !isListedAtOrigin(request)
            {
                request.query.items.removeAll { ["mount", "from"].contains($0.name) }
            }
            if !habits.takesSinglePost { request.query.items.removeAll { $0.name == "digest" } }
        case .manifest:
            if !habits.knowsTagParameter { request.query.items.removeAll { $0.name == "tag" } }
        default: break
        }
        return request
    }
}

// MARK: - Refusing

extension HabitualRegistry {
    private func refusal(_ request: RegistryRequest) async -> RegistryResponse? {
        if let end = habits.refusesWritesUntil, ![.GET, .HEAD].contains(request.method), now() < end {
            return RegistryResponse(.serviceUnavailable)
        }
        let subject = RequestMatch.Subject(request)
        if habits.takesAcceptForManifestsOnly, subject != .manifest, request.headers.contains(name: "accept") {
            return Self.refuse(.notAcceptable, .unsupported, "not acceptable")
        }
        return switch subject {
        case .uploadStart: mountRefusal(request)
        case .upload: uploadRefusal(request)
        case .referrers: habits.knowsReferrers ? nil : Self.refuse(.notFound, .unsupported, "404 page not found")
        case .tags: pageRefusal(request)
        case .manifest: await manifestRefusal(request)
        default: nil
        }
    }

    private func mountRefusal(_ request: RegistryRequest) -> RegistryResponse? {
        guard case .refusal(let status) = habits.mountAnswer, request.query["mount"] != nil else { return nil }
        return Self.refuse(status, .unauthorized, "unauthorized to access the source repository")
    }

    private func uploadRefusal(_ request: RegistryRequest) -> RegistryResponse? {
        let isRanged = request.headers.contains(name: "content-range")
        let length = request.body.length ?? 0
        if isRanged && habits.refusesContentRange {
            return Self.refuse(.badRequest, .blobUploadInvalid, "chunked uploads are not supported")
        }
        if isRanged, let limit = habits.rangedBodyLimit, length > limit {
            return Self.refuse(.rangeNotSatisfiable, .blobUploadInvalid, "body too large")
        }
        if let limit = habits.bodyLimit, length > limit {
            return RegistryResponse(
                .payloadTooLarge, headers: ["Content-Type": "text/html"],
                body: .bytes(ByteBuffer(string: "<html><h1>413 Payload Too Large</h1></html>")))
        }
        return chunkRefusal(request, length)
    }

    /// Refuses a chunk if the chunk before it was too small. The last chunk may have any size.
    private func chunkRefusal(_ request: RegistryRequest, _ length: Int64) -> RegistryResponse? {
        guard let smallest = habits.smallestChunk, length > 0 else { return nil }
        let last = state.withLock { state in
            let last = state.sessions[request.path, default: Session()].lastChunk
            state.sessions[request.path, default: Session()].lastChunk = length
            return last
        }
        guard last > 0, last < smallest else { return nil }
        return Self.refuse(.badRequest, .blobUploadInvalid, "LayerPartTooSmall")
    }

    private func pageRefusal(_ request: RegistryRequest) -> RegistryResponse? {
        guard let limit = habits.tagPageLimit, let count = request.query["n"].flatMap({ Int($0) }), count > limit else {
            return nil
        }
        return Self.refuse(.badRequest, .unsupported, "n is larger than \(limit)")
    }

    private func manifestRefusal(_ request: RegistryRequest) async -> RegistryResponse? {
        if request.method == .PUT, habits.tagsAreImmutable {
            let question = RegistryRequest(.HEAD, request.target, peer: request.peer)
            guard !request.path.contains(":"), await base.respond(to: question).status == .ok else { return nil }
            return .json(
                .badRequest,
                #"{"errors":[{"code":"TAG_INVALID","message":"the tag is immutable and cannot be overwritten"}]}"#)
        }
        guard let limit = habits.pullLimit, request.method == .GET else { return nil }
        let isOver = state.withLock { state in
            state.pulls += 1
            return state.pulls > limit
        }
        return isOver ? tooManyPulls(limit) : nil
    }

    private func tooManyPulls(_ limit: Int) -> RegistryResponse {
        let text =
            "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and "
            + "upgrading: https://www.docker.com/increase-rate-limit"
        return RegistryResponse(
            .tooManyRequests, headers: pullHeaders(limit, left: 0), body: .bytes(ByteBuffer(string: text)))
    }

    private static func refuse(
        _ status: HTTPResponseStatus, _ code: RegistryError.Code, _ message: String
    ) -> RegistryResponse {
        RegistryError(status, code, message).response
    }
}

// MARK: - What is known of contents

extension HabitualRegistry {
    /// Reads a pushed manifest if a habit depends on the digests that it lists. The registry still receives the
    /// manifest.
    private func digestsListed(by request: inout RegistryRequest) async throws -> Set<String> {
        guard habits.mountsReferencedOnly || habits.replicaLag != nil, request.method == .PUT,
            RequestMatch.Subject(request) == .manifest
        else { return [] }
        var bytes = ByteBuffer()
        for try await buffer in request.body { bytes.writeImmutableBuffer(buffer) }
        request.body = RequestBody(bytes)
        let text = String(buffer: bytes)
        return Set(text.matches(of: #/sha256:[0-9a-f]{64}/#).map { String($0.output) })
    }

    private func remember(_ response: RegistryResponse, to request: RegistryRequest, _ listed: Set<String>) {
        guard response.status == .created else { return }
        let repository = RegistryRoute(path: request.path).repositoryPath ?? ""
        state.withLock { state in
            state.listed[repository, default: []].formUnion(listed)
            if let digest = request.query["digest"] { state.stored[digest] = now() }
        }
    }

    private func isListedAtOrigin(_ request: RegistryRequest) -> Bool {
        guard habits.mountsReferencedOnly, let digest = request.query["mount"], let origin = request.query["from"]
        else { return true }
        return state.withLock { $0.listed[origin]?.contains(digest) == true }
    }

    /// The response of a replica that does not know a blob yet.
    private func replicaRefusal(_ request: RegistryRequest, _ listed: Set<String>) -> RegistryResponse? {
        guard let lag = habits.replicaLag else { return nil }
        let subject = RequestMatch.Subject(request)
        let named: Set<String>
        switch (request.method, subject) {
        case (.PUT, .manifest): named = listed
        case (.HEAD, .blob), (.GET, .blob): named = Set(request.path.split(separator: "/").suffix(1).map(String.init))
        default: return nil
        }
        let isUnknown = state.withLock { state in
            state.turns += 1
            guard habits.replicas == 1 || state.turns % habits.replicas != 0 else { return false }
            return named.contains { digest in state.stored[digest].map { now() < $0 + lag } ?? false }
        }
        guard isUnknown else { return nil }
        return subject == .manifest
            ? Self.refuse(.badRequest, .manifestBlobUnknown, "blob unknown to registry")
            : Self.refuse(.notFound, .blobUnknown, "blob unknown to registry")
    }
}

// MARK: - Answering differently

extension HabitualRegistry {
    private func mangled(_ response: RegistryResponse, to request: RegistryRequest) -> RegistryResponse {
        var response = response
        switch RequestMatch.Subject(request) {
        case .manifest: mangleManifest(&response, request)
        case .upload, .uploadStart: mangleUpload(&response, request)
        default: break
        }
        return response
    }

    private func mangleManifest(_ response: inout RegistryResponse, _ request: RegistryRequest) {
        if response.status == .notFound { response.status = habits.missingManifestStatus }
        if !habits.sendsManifestLocation { response.headers.remove(name: "Location") }
        if !habits.knowsReferrers { response.headers.remove(name: "OCI-Subject") }
        if let limit = habits.pullLimit, request.method == .GET || request.method == .HEAD {
            let left = max(0, limit - state.withLock { $0.pulls })
            response.headers.add(contentsOf: pullHeaders(limit, left: left))
        }
    }

    private func mangleUpload(_ response: inout RegistryResponse, _ request: RegistryRequest) {
        if request.method == .PATCH, response.status == .accepted { response.status = habits.chunkStatus }
        if habits.reportsFirstChunkOnly { rememberRange(&response, request) }
        if let bounds = habits.announcedChunks, response.status == .accepted {
            response.headers.replaceOrAdd(name: "OCI-Chunk-Min-Length", value: "\(bounds.lowerBound)")
            response.headers.replaceOrAdd(name: "OCI-Chunk-Max-Length", value: "\(bounds.upperBound)")
        }
        if habits.locationPadding > 0, let location = response.headers.first(name: "Location"),
            location.contains("/uploads/"), !location.contains("?")
        {
            let padding = String(repeating: "A", count: habits.locationPadding)
            response.headers.replaceOrAdd(name: "Location", value: "\(location)?upload_state=\(padding)")
        }
    }

    private func rememberRange(_ response: inout RegistryResponse, _ request: RegistryRequest) {
        guard let range = response.headers.first(name: "Range") else { return }
        let first = state.withLock { state in
            if request.method == .PATCH, state.sessions[request.path]?.firstRange == nil {
                state.sessions[request.path, default: Session()].firstRange = range
            }
            return state.sessions[request.path]?.firstRange
        }
        if let first { response.headers.replaceOrAdd(name: "Range", value: first) }
    }

    private func pullHeaders(_ limit: Int, left: Int) -> HTTPHeaders {
        [
            "ratelimit-limit": "\(limit);w=21600", "ratelimit-remaining": "\(left);w=21600",
            "docker-ratelimit-source": "192.0.2.1",
        ]
    }
}
