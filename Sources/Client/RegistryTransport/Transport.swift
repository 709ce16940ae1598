// SPDX-License-Identifier: Apache-2.0

/// Requests on the wire, one at a time: no redirects, no retries, no decompression, no authentication.
///
/// Every method may be called from many tasks at once.
package protocol Transport: Sendable {
    /// Sends the request and returns once the head of the answer is there; the body follows at the reader's pace.
    ///
    /// An answer that arrives while the request's body is still going is returned at once, and the rest of the body is
    /// not sent. Cancelling the task ends the request.
    func send(_ request: WireRequest) async throws(WireFailure) -> WireResponse

    /// Begins a connection that the request could have, for one that is about to come; the request itself is not waited for, and
    /// leaves only where the connection is there within a moment. Failures are those of whoever comes.
    func openConnection(for request: WireRequest) async

    /// How far the addresses reach that this transport was connected to under the origin; nil before the first
    /// connection.
    func addressClass(of origin: WireOrigin) -> AddressClass?

    /// Ends every connection; running requests fail.
    func shutdown() async
}

extension Transport {
    /// Not every transport has connections.
    package func openConnection(for request: WireRequest) async {}
}
