// SPDX-License-Identifier: Apache-2.0

/// The kinds of requests that are sent to a registry as GET, because its answers to HEAD turned out to be wrong.
///
/// Storage services refuse HEAD at a URL that was signed for GET (Amazon S3 answers 403, because the signature covers the
/// method). Some proxies refuse every HEAD, and some answer it with impossible lengths. GET tells the same as HEAD (RFC
/// 9110 §9.3.2).
struct HeadTrust: Sendable {
    enum Subject: Hashable, Sendable {
        case manifests
        case blobs
    }

    private var distrusted: Set<Subject> = []

    func covers(_ subject: Subject) -> Bool { !distrusted.contains(subject) }

    /// A GET has given an answer that the HEAD before it had not given, or a different one.
    mutating func withdraw(from subject: Subject) { distrusted.insert(subject) }
}
