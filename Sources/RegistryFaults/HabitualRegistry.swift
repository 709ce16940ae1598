import NIOCore
import NIOHTTP1
package import RegistryServer
import Synchronization

/// A registry with the habits of another.
package final class HabitualRegistry: RegistryResponder {
    private let base: any RegistryResponder
    private let habits: RegistryHabits
    private let state = Mutex(State())

    private struct State {
        var pulls = 0
        /// By path of the upload session.
        var sessions: [String: Session] = [:]
    }

    private struct Session {
        var firstRange: String?
        var lastChunk: Int64 = 0
    }

    package init(_ base: any RegistryResponder, _ habits: RegistryHabits) {
        self.base = base
        self.habits = habits
    }

    package func respond(to request: RegistryRequest) async -> RegistryResponse {
        if let refusal = await refusal(request) { return refusal }
        let response = await base.respond(to: adapted(request))
        return mangled(response, to: request)
    }

    /// The request without what the registry has no idea of.
    private func adapted(_ request: RegistryRequest) -> RegistryRequest {
        var request = request
        switch RequestMatch.Subject(request) {
        case .uploadStart:
            let isAnonymousMount = request.query["mount"] != nil && request.query["from"] == nil
            if habits.mountAnswer == .session || (isAnonymousMount && !habits.mountsFromAnywhere) {
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
        switch RequestMatch.Subject(request) {
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

    /// A chunk is too small only when another one follows it.
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
            return Self.refuse(.badRequest, .manifestInvalid, "the tag is immutable and cannot be overwritten")
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
