// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import NIOEmbedded
import NIOHTTP1
import RegistryFaults
import RegistryServer

@testable import Distribution
@testable import OCI
@testable import RegistryTransport

extension Fuzzer {
    /// What comes over a network, at both ends.
    static let wire: [Fuzzer] = [
        Fuzzer("registry-requests", askRegistry), Fuzzer("registry-logins", logIn), Fuzzer("response-head", readHead),
        Fuzzer("response-connection", readConnection), text("client-headers", readHeaders),
        text("location", resolve), Fuzzer("registry-errors", readErrors),
    ]

    // MARK: The embedded registry

    private static let blob = "0123456789"

    /// `SESSION` in the bytes stands for the location of an open upload.
    private static func askRegistry(_ bytes: [UInt8]) throws {
        var limits = RegistryLimits()
        limits.unfinishedUploads = 4
        let registry = RegistryHandler(MemoryStorage(uploadLimit: 4), limits: limits)
        let session = try fill(registry)
        let request = bytes.replacing("SESSION".utf8, with: session.utf8)
        let answer = try EmbeddedConnection.exchange(request, readSize: [1, 7, 4096][bytes.count % 3], with: registry)
        promiseHead(Array(answer.readableBytesView))
        let next = try ask(registry, "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n")
        promise(next.hasPrefix("HTTP/1.1 200"), "the registry answers afterwards")
    }

    /// `TOKEN` in the bytes stands for a token that allows everything in `app`, `REFRESH` for one that gets others.
    private static func logIn(_ bytes: [UInt8]) throws {
        let users = RegistryUsers(passwords: ["user": "password"])
        let registry = BearerTokenAuthenticator(RegistryHandler(MemoryStorage(uploadLimit: 4)), users: users)
        let (token, refresh) = try tokens(registry)
        let request = bytes.replacing("TOKEN".utf8, with: token.utf8).replacing("REFRESH".utf8, with: refresh.utf8)
        let answer = Array(try EmbeddedConnection.exchange(request, with: registry).readableBytesView)
        promiseHead(answer)
        if bytes.firstRange(of: Array("TOKEN".utf8)) == nil {
            let isOpen = answer.starts(with: "HTTP/1.1 2".utf8) && bytes.firstRange(of: Array("/token".utf8)) == nil
            promise(!isOpen, "nothing without a token: \(String(decoding: answer, as: UTF8.self).debugDescription)")
        }
    }

    /// The same for every input: what was given out before is as good.
    private static func tokens(_ registry: BearerTokenAuthenticator) throws -> (access: String, refresh: String) {
        let login = Base64.encode("user:password".utf8)
        let answer = try ask(
            registry,
            "GET /token?scope=repository:app:pull,push&offline_token=true HTTP/1.1\r\nHost: x\r\n"
                + "Authorization: Basic \(login)\r\n\r\n")
        let grant = try JSON(Array(answer.utf8).drop { $0 != UInt8(ascii: "{") })
        return (grant["token"]?.string ?? "", grant["refresh_token"]?.string ?? "")
    }

    private static func fill(_ registry: some RegistryResponder) throws -> String {
        let digest = ContentHash.digest(of: Array(blob.utf8))
        _ = try ask(
            registry,
            "POST /v2/app/blobs/uploads/?digest=\(digest) HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n\(blob)")
        let manifest =
            #"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"\#(digest)","size":10},"layers":[]}"#
        _ = try ask(
            registry,
            "PUT /v2/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: \(MediaType.ociManifest)\r\n"
                + "Content-Length: \(manifest.utf8.count)\r\n\r\n\(manifest)")
        let answer = try ask(registry, "POST /v2/app/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        let location = answer.split(separator: "\r\n").first { $0.lowercased().hasPrefix("location: ") }
        return String(location?.dropFirst("location: ".count) ?? "/")
    }

    private static func ask(_ registry: some RegistryResponder, _ text: String) throws -> String {
        String(buffer: try EmbeddedConnection.exchange(Array(text.utf8), with: registry))
    }

    /// Nothing, or a head that every client reads the same way.
    private static func promiseHead(_ answer: [UInt8]) {
        guard !answer.isEmpty else { return }
        let end = answer.firstRange(of: Array("\r\n\r\n".utf8))
        let lines = answer[..<(end?.lowerBound ?? 0)].split(separator: 10, omittingEmptySubsequences: false)
        let words = String(decoding: lines.first ?? [], as: UTF8.self).split(separator: " ")
        let status = words.dropFirst().first.flatMap { Int($0) } ?? 0
        let isGood =
            words.first == "HTTP/1.1" && (100..<500).contains(status)
            && lines.dropLast().allSatisfy { $0.last == 13 && $0.count { $0 == 13 } == 1 }
            && lines.dropFirst().allSatisfy { $0.contains(UInt8(ascii: ":")) }
            && lines.allSatisfy { line in line.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 13 } }
        promise(
            isGood, "an answer below 500 with a clean head: \(String(decoding: answer, as: UTF8.self).debugDescription)"
        )
    }

    // MARK: The client

    private static func readHead(_ bytes: [UInt8]) {
        for isAnswerToHead in [false, true] {
            let whole = head([bytes[...]], isAnswerToHead)
            let parts = head(bytes.map { [$0] }, isAnswerToHead)
            // How much a refusal shows depends on what was there.
            promise((try? parts.get()) == (try? whole.get()), "the same head in whatever pieces it comes")
            guard case .success(let head?) = whole else {
                if case .failure(let refusal) = whole { promiseShowable(refusal.description) }
                continue
            }
            promise((102...999).contains(head.status) || head.status == 100, "a status of three digits")
            promise(self.head([head.bytes[...]], isAnswerToHead) == whole, "what is written anew reads the same")
        }
    }

    private static func head(
        _ pieces: [ArraySlice<UInt8>], _ isAnswerToHead: Bool
    ) -> Result<ResponseHead?, ResponseHead.Refusal> {
        var reader = ResponseHeadReader(isAnswerToHead: isAnswerToHead, hiding: SentSecrets())
        for piece in pieces {
            var buffer = ByteBuffer(bytes: piece)
            do throws(ResponseHead.Refusal) {
                if let head = try reader.read(&buffer) { return .success(head) }
            } catch {
                return .failure(error)
            }
        }
        return .success(nil)
    }

    /// The guard and the HTTP parser behind it, as on a connection.
    private static func readConnection(_ bytes: [UInt8]) throws {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([
            HTTPRequestEncoder(), ResponseHeadGuard(hiding: SentSecrets()), ByteToMessageHandler(HTTPResponseDecoder()),
        ])
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 5000)).wait()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        let method: HTTPMethod = bytes.count.isMultiple(of: 5) ? .HEAD : .GET
        let request = HTTPRequestHead(version: .http1_1, method: method, uri: "/v2/", headers: ["Host": "x"])
        try channel.writeOutbound(HTTPClientRequestPart.head(request))
        try channel.writeOutbound(HTTPClientRequestPart.end(nil))
        for piece in bytes.pieces where channel.isActive { try channel.writeInbound(ByteBuffer(bytes: piece)) }
        var (heads, body, isComplete) = (0, ByteBuffer(), false)
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head: heads += 1
            case .body(let bytes): body.writeImmutableBuffer(bytes)
            case .end: isComplete = true
            }
        }
        promise(heads <= 1, "one answer to one request")
        guard isComplete, let direct = readDirectly(bytes, isAnswerToHead: method == .HEAD) else { return }
        promise(direct == body, "the same body whichever way it is read")
    }

    /// The body as a direct connection reads it; nil if it is incomplete.
    private static func readDirectly(_ bytes: [UInt8], isAnswerToHead: Bool) -> ByteBuffer? {
        var reader = AnswerReader(isAnswerToHead: isAnswerToHead, hiding: SentSecrets())
        var body = ByteBuffer()
        for piece in bytes.pieces {
            var buffer = ByteBuffer(bytes: piece)
            do throws(ResponseHead.Refusal) {
                while let part = try reader.next(from: &buffer) {
                    if case .body(let bytes) = part { body.writeImmutableBuffer(bytes) }
                    if case .end = part { return body }
                }
            } catch {
                promiseShowable(error.description)
                return nil
            }
        }
        return nil
    }

    private static func readHeaders(_ text: String) throws {
        var headers = WireHeaders()
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: ":", maxSplits: 1)
            if halves.count == 2 { headers.add(String(halves[0]), halves[1].drop { $0 == " " }.description) }
        }
        promiseShowable(headers.description)
        _ = (headers.contentLength, PieceBounds.smallest(headers), PieceBounds.largest(headers))
        if let end = PieceBounds.end(headers["Range"]) {
            promise((0...Descriptor.sizes.upperBound + 1).contains(end), "an end within a blob")
        }
        if let pause = RetryAfter.parse(headers["Retry-After"], now: 1_700_000_000) {
            promise((.zero...RetryAfter.longest).contains(pause), "a pause that ends")
        }
        _ = PullHeaders.allowance(headers)
        let url = try WireURL("https://registry.example/v2/app/tags/list?n=1000")
        var pager = Pager(pageSize: 2, budget: ListBudget(limit: 1 << 20))
        do {
            let next = try pager.take(
                ["a", "b"], link: headers.all("Link"), from: url, home: url.origin, path: "/v2/app/tags/list")
            if let next { promiseTarget(next) }
        } catch { promiseShowable(error.reason) }
    }

    private static func resolve(_ text: String) throws {
        let url = try WireURL("https://registry.example:8443/v2/app/blobs/uploads/1?a=b")
        if let origin = (try? WireURL(text))?.origin { promiseOrigin(origin) }
        if let proxy = try? ProxyServer(text) { promiseShowable(proxy.description) }
        let policy = HopPolicy(home: url.origin, connected: nil)
        do throws(UploadLocation.Refusal) {
            let next = try UploadLocation.resolve(text, from: url, policy: policy)
            promiseTarget(next.target)
            promiseOrigin(next.origin)
            promiseShowable(next.description)
            promise((try? WireURL(next.unredacted)) == next, "a URL is read as it is written: \(next.unredacted)")
            promise(next.origin.scheme == .https, "no way from https to http")
        } catch { promiseShowable(error.reason) }
    }

    /// A request line can hold it.
    private static func promiseTarget(_ target: String) {
        let isGood = target.utf8.first == UInt8(ascii: "/") && target.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        promise(isGood, "a target of visible ASCII: \(target.debugDescription)")
    }

    private static func promiseOrigin(_ origin: WireOrigin) {
        promise((1...65_535).contains(origin.port), "a port")
        promise(!origin.host.isEmpty && origin.host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }, "a host")
        _ = AddressClass(host: origin.host)
    }

    private static func readErrors(_ body: [UInt8]) {
        let errors = RegistryErrors(body)
        promiseShowable(errors.description)
        _ = (errors.speaksOfRate, errors.codes)
        if let title = WebPage.title(in: body) { promiseShowable(title) }
    }
}
