// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Why a store could not do what was asked.
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
        /// Known, but not allowed.
        case denied
        /// Too many requests, or a pull quota is used up.
        case rateLimited = "rate-limited"
        /// The store answered that it cannot answer now (5xx), or broke off.
        case unavailable
        /// No connection: name unknown, refused, unroutable.
        case unreachable
        /// The certificate cannot be trusted.
        case untrusted
        /// Bytes do not match their digest or size, or cannot be unpacked.
        case corrupt
        /// The parts of an image contradict each other: its config names another diff ID than its layer has.
        case inconsistent
        /// Content that breaks the rules: a manifest that cannot be read, a name the store does not take.
        case invalid
        /// Something this program or that store cannot do.
        case unsupported
        /// More than a limit of this program or of the store.
        case tooLarge = "too-large"
        /// The target keeps what it has: immutable tag, no clobbering.
        case conflict
        /// No answer or no bytes for too long.
        case stalled
        /// The upload was ended by its own byte stream.
        case aborted
        /// The run was stopped.
        case cancelled
    }

    /// Whether the same request may succeed later.
    package enum Retry: Sendable, Hashable {
        case never
        /// After a pause of the caller's choosing.
        case later
        /// Not before this long from now, for every request to this store.
        case notBefore(Duration)
    }

    package var kind: Kind
    /// One sentence, lower case, no full stop: what was asked and what came back.
    package var message: String
    package var retry: Retry
    /// HTTP status, where there was one.
    package var status: Int?
    /// The registry's own error codes, upper case (`MANIFEST_UNKNOWN`).
    package var codes: [String]
    /// The store counts pulls over hours, and they are used up: trying again soon is in vain.
    package var isPullQuota = false
    /// The store as a whole does not answer, which says nothing about this request.
    package var isOutage = false
    /// What the bytes that came hash to, where they are not those that were asked for.
    package var received: Digest?
    /// This process has no descriptor left: no fault of the store, and over when fewer requests run at once.
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

    /// A target could not make sense of a manifest's bytes: they were damaged on their way, or it does not take this kind.
    package var saysManifestIsUnreadable: Bool { status == 400 && codes.contains("MANIFEST_INVALID") }

    /// The bytes that came are not those that were asked for.
    package var isDamage: Bool { received != nil }

    /// This failure with what came each time, where content was damaged more than once.
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
    /// The target has no room, or may have none: a full disk is answered 500 by registries that have no word for it
    /// (distribution with its file system driver), an exhausted quota 403 (Harbor) or 413.
    package var saysThereIsNoRoom: Bool {
        switch status {
        case 507: true
        case 500: !isOutage
        case 403, 413, 412: Self.wordsOfRoom.contains { message.lowercased().contains($0) }
        default: false
        }
    }

    /// Harbor's refusal for want of room names neither: "adding 1 MiB of storage resource … will exceed the configured upper
    /// limit" (goharbor/harbor, quota middleware).
    private static let wordsOfRoom = [
        "quota", "storage limit", "no space", "insufficient storage", "out of space", "configured upper limit",
    ]
}
