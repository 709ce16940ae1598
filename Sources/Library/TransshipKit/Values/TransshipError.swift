// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// What went wrong: what was asked of whom, what came back, and what can be done.
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
    /// What kind of failure it was. The names are stable: they stand in logs and files. New kinds may be added.
    public struct Kind: Hashable, Sendable, RawRepresentable {
        /// The name, such as `rate-limited`.
        public let rawValue: String

        /// The kind with this name, known or not.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// No such manifest, blob, tag or repository.
        public static let notFound = Kind(.notFound)
        /// Credentials are missing or were refused.
        public static let unauthorized = Kind(.unauthorized)
        /// Known, but not allowed.
        public static let denied = Kind(.denied)
        /// Too many requests, or a pull quota is used up.
        public static let rateLimited = Kind(.rateLimited)
        /// The store answered that it cannot answer now, broke off, or sent nothing for too long.
        public static let unavailable = Kind(.unavailable)
        /// No connection: a name that is not known, a refusal, no route.
        public static let unreachable = Kind(.unreachable)
        /// The certificate cannot be trusted.
        public static let untrusted = Kind(.untrusted)
        /// Bytes do not match their digest or size, cannot be unpacked, or are not what another part of the image says.
        public static let corrupt = Kind(.corrupt)
        /// A text or content that breaks the rules.
        public static let invalid = Kind(.invalid)
        /// Something this library or that store cannot do.
        public static let unsupported = Kind(.unsupported)
        /// More than a limit of this library or of the store.
        public static let tooLarge = Kind(.tooLarge)
        /// The target keeps what it has, such as an immutable tag.
        public static let conflict = Kind(.conflict)
        /// The task was cancelled.
        public static let cancelled = Kind(.cancelled)
    }

    /// Which end of a copy failed.
    public enum Side: String, Hashable, Sendable {
        /// Where the image is read.
        case source
        /// Where the image is written.
        case target
    }

    /// What kind of failure it was, for decisions.
    public let kind: Kind
    /// One sentence for people: what was asked and what came back.
    public let message: String
    /// Which end of a copy failed; nil where there are no ends.
    public let side: Side?
    /// How often it was tried; 0 where nothing was.
    public let attempts: Int
    /// HTTP status of the last answer, where there was one.
    public let status: Int?
    /// What can be done, where that is known.
    public let hint: String?

    /// Side, message and number of attempts.
    public var description: String {
        (side.map { $0.rawValue + ": " } ?? "") + message + (attempts > 1 ? " (\(attempts) attempts)" : "")
    }
}

extension TransshipError.Kind {
    /// Three of the engine's kinds call for nothing that others do not.
    init(_ kind: ContentFailure.Kind) {
        switch kind {
        case .stalled, .aborted: self = .unavailable
        case .inconsistent: self = .corrupt
        default: self.init(rawValue: kind.rawValue)
        }
    }
}

extension TransshipError {
    /// What a ``ContentStore`` throws to say more than that it failed. Side and number of attempts come from the run.
    ///
    /// - Parameters:
    ///   - kind: what kind of failure it is: it decides whether the request is tried again.
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
