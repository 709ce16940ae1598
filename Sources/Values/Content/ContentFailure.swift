// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Why a store could not execute a request.
///
/// Facts only, without the side and the item, which the caller knows. Text from outside is escaped, secrets are redacted
/// before they get here.
package struct ContentFailure: Error, Sendable, Hashable {
    /// Stable names: they appear in JSON output and in `--failures` files.
    package enum Kind: String, Sendable, CaseIterable {
        /// No such manifest, blob, tag or repository.
        case notFound = "not-found"
        /// Credentials are missing or were refused.
        case unauthorized
        /// The credentials are valid, but do not allow this.
        case denied
        /// Too many requests, or a pull quota is used up.
        case rateLimited = "rate-limited"
        /// The store answered that it is unavailable (5xx), or broke off.
        case unavailable
        /// There is no connection: unknown name, connection refused, or no route.
        case unreachable
        /// The certificate cannot be trusted.
        case untrusted
        /// Bytes do not match their digest or size, or cannot be unpacked.
        case corrupt
        /// The parts of an image contradict each other: its config names another diff ID than its layer has.
        case inconsistent
        /// Invalid content: a manifest that cannot be parsed, or a name that the store does not accept.
        case invalid
        /// This program or the store does not support the request.
        case unsupported
        /// A limit of this program or of the store is exceeded.
        case tooLarge = "too-large"
        /// The target keeps what it has: immutable tag, no clobbering.
        case conflict
        /// No answer or no bytes for too long.
        case stalled
        /// The upload's own byte stream failed and ended it.
        case aborted
        /// The run was stopped.
        case cancelled
    }

    /// Whether the same request may succeed later.
    package enum Retry: Sendable, Hashable {
        case never
        /// After a pause that the caller chooses.
        case later
        /// Not before this long from now, for every request to this store.
        case notBefore(Duration)
    }

    package var kind: Kind
    /// One sentence, lower case, no full stop: the request and the answer.
    package var message: String
    package var retry: Retry
    /// HTTP status, where there was one.
    package var status: Int?
    /// The registry's own error codes, upper case (`MANIFEST_UNKNOWN`).
    package var codes: [String]
    /// The store counts pulls over hours, and they are used up. An early retry is useless.
    package var isPullQuota = false
    /// The whole store is down, so the failure says nothing about this request.
    package var isOutage = false
    /// A host outside the store failed, which a layer's descriptor names. The failure says nothing about the store.
    package var isOfForeignHost = false
    /// The digest of the received bytes, if they are not the requested ones.
    package var received: Digest?
    /// This process has no free descriptor. It is not the store's fault, and ends when fewer requests run at once.
    package var isOutOfDescriptors = false
    /// What the user can do, naming only commands and flags that exist.
    package var hint: String?

    package init(
        _ kind: Kind, _ message: String, retry: Retry = .never, status: Int? = nil, codes: [String] = [],
        hint: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.retry = retry
        self.status = status
        self.codes = codes
        self.hint = hint
    }

    /// Whether a target could not parse a manifest: its bytes were damaged on the way, or the target does not accept this
    /// kind.
    package var saysManifestIsUnreadable: Bool { status == 400 && codes.contains("MANIFEST_INVALID") }

    /// The received bytes are not the requested ones.
    package var isDamage: Bool { received != nil }

    /// This failure; if content was damaged more than once, with the digest of each answer.
    package func telling(damaged failures: [ContentFailure]) -> ContentFailure {
        let damaged = failures.compactMap(\.received)
        guard kind == .corrupt, damaged.count > 1 else { return self }
        var told = self
        let isSame = Set(damaged).count == 1
        let what = isSame ? "always \(damaged[0].short)" : damaged.map { "\($0.short)" }.joined(separator: ", ")
        told.message += "; \(damaged.count) times it came damaged: \(what)"
        return told
    }

    package static let cancelled = ContentFailure(.cancelled, "the run was stopped")

    /// A file, a connection or a program could not be opened because this process has too many open.
    package static func tooManyOpenFiles(_ message: String) -> ContentFailure {
        var failure = ContentFailure(
            .unavailable, message, retry: .later, hint: "raise ulimit -n, or lower --connections-per-registry")
        failure.isOutOfDescriptors = true
        return failure
    }
}

extension ContentFailure: CustomStringConvertible {
    package var description: String { message }
}

extension ContentFailure {
    /// Whether the target is, or may be, full. Registries without an error code for a full disk answer 500 (distribution
    /// with its file system driver); an exhausted quota is answered 403 (Harbor) or 413.
    package var saysThereIsNoRoom: Bool {
        switch status {
        case 507: true
        case 500: !isOutage
        case 403, 413, 412: Self.wordsOfRoom.contains { message.lowercased().contains($0) }
        default: false
        }
    }

    /// Harbor's refusal mentions neither a quota nor a full disk: "adding 1 MiB of storage resource … will exceed the
    /// configured upper limit" (goharbor/harbor, quota middleware).
    private static let wordsOfRoom = [
        "quota", "storage limit", "no space", "insufficient storage", "out of space", "configured upper limit",
    ]
}
