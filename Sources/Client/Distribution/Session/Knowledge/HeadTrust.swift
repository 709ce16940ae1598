// SPDX-License-Identifier: Apache-2.0

/// Which questions of one registry are asked by GET, because HEAD turned out to answer them wrong.
///
/// Storage services refuse HEAD at a URL that was signed for GET (Amazon S3 answers 403: the signature covers the
/// method), proxies refuse it as such, and some answer it with lengths that cannot be. What HEAD cannot say, GET can
/// (RFC 9110 §9.3.2).
struct HeadTrust: Sendable {
    enum Subject: Hashable, Sendable {
        case manifests
        case blobs
    }

    private var distrusted: Set<Subject> = []

    func covers(_ subject: Subject) -> Bool { !distrusted.contains(subject) }

    /// A GET has answered what HEAD before it had not, or otherwise.
    mutating func withdraw(from subject: Subject) { distrusted.insert(subject) }
}
