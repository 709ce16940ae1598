import Content
import OCI

/// The requests of an audit: a bounded number at once to each store, tried again as a copy's would be.
struct AuditRequests: Sendable {
    private let audit: Audit
    private let gates: RequestGates
    let configs = ConfigReader()

    init(_ audit: Audit) {
        self.audit = audit
        gates = RequestGates(width: max(1, audit.settings.connectionsPerStore))
    }

    func ask<Value: Sendable>(
        _ id: StoreID, _ side: TransferSide,
        _ request: (any ContentTarget) async throws(ContentFailure) -> Value
    ) async throws(TransferFailure) -> Value {
        let store = audit.stores(id, side)
        let began = audit.clock.now
        var jitter = JitterSource(seed: audit.settings.seed)
        var attempt = 1
        while true {
            await gates.enter(id)
            let start = audit.clock.now
            let result: Result<Value, ContentFailure>
            do throws(ContentFailure) { result = .success(try await request(store)) } catch { result = .failure(error) }
            let lastSuccess = await gates.leave(id, succeededAt: result.isSuccess ? audit.clock.now : nil)
            switch result {
            case .success(let value): return value
            case .failure(let failure):
                try await pause(
                    after: TransferFailure(failure, side: side, attempts: attempt), since: began,
                    isDown: audit.settings.retry.isOutage(failure, lastSuccess: lastSuccess, begunAt: start),
                    random: .random(in: 0..<1, using: &jitter))
                attempt += 1
            }
        }
    }

    /// Waits as long as it takes until trying again makes sense, or throws the failure.
    private func pause(
        after failure: TransferFailure, since began: Duration, isDown: Bool, random: Double
    ) async throws(TransferFailure) {
        let (policy, cause) = (audit.settings.retry, failure.cause)
        let decision =
            cause.asksForPause || isDown
            ? policy.pause(
                cause, refusals: failure.attempts, waited: audit.clock.now - began, random: random)
            : policy.decide(cause, attempt: failure.attempts, random: random)
        switch decision {
        case .giveUp: throw failure
        case .again(let delay), .pauseStore(let delay):
            do { try await audit.clock.sleep(until: audit.clock.now + delay) } catch {
                throw TransferFailure(.cancelled, side: failure.side)
            }
        }
    }

    /// The target must say that it has the blob.
    func expect(_ descriptor: Descriptor, _ place: AuditWalk.Place) async throws(TransferFailure) {
        let isThere = try await ask(place.store, .target) { store throws(ContentFailure) in
            try await store.canRead(descriptor, in: place.repository)
        }
        guard !isThere else { return }
        throw TransferFailure(
            ContentFailure(
                .notFound,
                "\(place.store)/\(place.repository) has no blob \(descriptor.digest) of \(descriptor.size) bytes"),
            side: .target)
    }

    /// The blob's bytes must be right.
    func read(_ descriptor: Descriptor, _ place: AuditWalk.Place) async -> AuditFindings {
        do throws(TransferFailure) {
            try await ask(place.store, .target) { store throws(ContentFailure) in
                try await drain(descriptor, in: place.repository, of: store)
            }
            var findings = AuditFindings()
            findings.bytesRead = descriptor.size
            return findings
        } catch {
            return AuditFindings(error)
        }
    }

    private func drain(
        _ descriptor: Descriptor, in repository: Repository, of store: any ContentTarget
    ) async throws(ContentFailure) {
        if descriptor.mediaType.isImageConfig, descriptor.size <= ConfigReader.largest {
            _ = try await configs.config(descriptor, in: repository, of: store)
            return
        }
        let inspection = try audit.inspector?.inspection(of: descriptor, in: nil)
        let origin = BlobOrigin(descriptor: descriptor, repository: repository, store: store, clock: audit.clock)
        let stream = try await ResumingBlob(origin, range: 0..<descriptor.size)
        let blob = VerifiedBlob(BlobStream(stream), expecting: descriptor, inspection: inspection)
        do { for try await _ in blob {} } catch {
            throw blob.failure ?? ContentFailure(.unavailable, "reading blob \(descriptor.digest.short) broke off")
        }
    }

    static func read(_ content: ManifestContent, _ side: TransferSide) throws(TransferFailure) -> Manifest {
        do { return try Manifest(content.bytes, contentType: content.mediaType) } catch {
            let message = "manifest \(content.digest.short) cannot be read: \(error)"
            throw TransferFailure(ContentFailure(.invalid, message), side: side)
        }
    }
}

/// So many requests at once to each store.
private actor RequestGates {
    private struct Gate {
        var open: Int
        /// When the store last did what it was asked.
        var lastSuccess: Duration?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let width: Int
    private var gates: [StoreID: Gate] = [:]

    init(width: Int) { self.width = width }

    func enter(_ store: StoreID) async {
        var gate = gates[store] ?? Gate(open: width)
        if gate.open > 0 {
            gate.open -= 1
            gates[store] = gate
        } else {
            await withCheckedContinuation { gates[store]?.waiting.append($0) }
        }
    }

    /// - Returns: when the store last did what it was asked.
    func leave(_ store: StoreID, succeededAt time: Duration?) -> Duration? {
        guard var gate = gates[store] else { return nil }
        if gate.waiting.isEmpty { gate.open += 1 } else { gate.waiting.removeFirst().resume() }
        gate.lastSuccess = time ?? gate.lastSuccess
        gates[store] = gate
        return gate.lastSuccess
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
