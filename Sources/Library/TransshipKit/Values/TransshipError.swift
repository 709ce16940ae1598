// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// An error: what was requested from which store, the answer, and what can be done.
///
/// Errors that end a call are thrown. The failure of one image of a run is in its result, ``CopyOutcome/failed(_:)``, and the
/// other images go on. Texts from outside are escaped, and secrets never appear.
///
/// ```swift
/// do {
///     print(try await transship.tags(of: "ghcr.io/acme/web"))
/// } catch {
///     if error.kind == .rateLimited { print("the registry counts pulls, and they are used up") }
/// }
/// ```
public struct TransshipError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it was. The names are stable, because logs and files contain them. New kinds may be added.
    public struct Kind: Hashable, Sendable, RawRepresentable {
        /// The name, such as `rate-limited`.
        public let rawValue: String

        /// The kind with this name, known or not.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// No such manifest, blob, tag or repository.
        public static let notFound = Kind(.notFound)
        /// Credentials are missing or were refused.
        public static let unauthorized = Kind(.unauthorized)
        /// The credentials are valid, but do not allow this.
        public static let denied = Kind(.denied)
        /// Too many requests, or a pull quota is used up.
        public static let rateLimited = Kind(.rateLimited)
        /// The store answered that it is unavailable, broke off, or sent nothing for too long.
        public static let unavailable = Kind(.unavailable)
        /// There is no connection: unknown name, connection refused, or no route.
        public static let unreachable = Kind(.unreachable)
        /// The certificate cannot be trusted.
        public static let untrusted = Kind(.untrusted)
        /// Bytes do not match their digest or size, cannot be unpacked, or contradict another part of the image.
        public static let corrupt = Kind(.corrupt)
        /// A text or content is not valid.
        public static let invalid = Kind(.invalid)
        /// This library or the store does not support the request.
        public static let unsupported = Kind(.unsupported)
        /// A limit of this library or of the store is exceeded.
        public static let tooLarge = Kind(.tooLarge)
        /// The target keeps what it has, such as an immutable tag.
        public static let conflict = Kind(.conflict)
        /// The task was cancelled.
        public static let cancelled = Kind(.cancelled)
    }

    /// Which end of a copy failed.
    public enum Side: String, Hashable, Sendable {
        /// Where the image is read from.
        case source
        /// Where the image is written to.
        case target
    }

    /// The kind of failure, for decisions in code.
    public let kind: Kind
    /// One sentence for people: the request and the answer.
    public let message: String
    /// Which end of a copy failed; nil if the call is not a copy.
    public let side: Side?
    /// The number of tries; 0 if nothing was tried.
    public let attempts: Int
    /// The HTTP status of the last answer, if there was one.
    public let status: Int?
    /// What can be done, if that is known.
    public let hint: String?

    /// Side, message and number of attempts.
    public var description: String {
        (side.map { $0.rawValue + ": " } ?? "") + message + (attempts > 1 ? " (\(attempts) attempts)" : "")
    }
}

extension TransshipError.Kind {
    /// Three of the engine's kinds are mapped to others, because callers need not distinguish them.
    init(_ kind: ContentFailure.Kind) {
        switch kind {
        case .stalled, .aborted: self = .unavailable
        case .inconsistent: self = .corrupt
        default: self.init(rawValue: kind.rawValue)
        }
    }
}

extension TransshipError {
    /// An error for a ``ContentStore`` to throw, with more detail than that it failed. Side and number of attempts are
    /// added by the run.
    ///
    /// - Parameters:
    ///   - kind: the kind of failure. It decides whether the request is retried.
    ///   - message: one sentence for people, without secrets.
    ///   - hint: what can be done.
    public init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.init(kind: kind, message: message, side: nil, attempts: 0, status: nil, hint: hint)
    }

    init(_ error: ReferenceError) { self.init(.invalid, error.description, hint: error.hint) }

    init(_ failure: TransferFailure) { self.init(failure.cause, side: Side(failure.side), attempts: failure.attempts) }

    init(_ failure: ContentFailure, side: Side?, attempts: Int) {
        self.init(
            kind: Kind(failure.kind), message: failure.message, side: side, attempts: attempts, status: failure.status,
            hint: failure.hint)
    }
}

extension TransshipError.Side {
    fileprivate init(_ side: TransferSide) { self = side == .source ? .source : .target }
}
