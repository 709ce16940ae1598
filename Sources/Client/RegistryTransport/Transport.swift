// SPDX-License-Identifier: Apache-2.0

/// Sends single requests, without redirects, retries, decompression or authentication.
///
/// Every method may be called from many tasks at once.
package protocol Transport: Sendable {
    /// Sends the request and returns when the head of the answer has arrived. The body follows at the reader's pace; a small
    /// one may be waited for.
    ///
    /// An answer that arrives while the request's body is being sent is returned at once, and the rest of the body is not
    /// sent. Cancelling the task ends the request.
    func send(_ request: WireRequest) async throws(WireFailure) -> WireResponse

    /// Opens a connection in advance for a request that will follow soon. The given request is not waited for, and is sent
    /// only if the connection is ready within a moment. Failures are not reported; the following request will meet them.
    func openConnection(for request: WireRequest) async

    /// The address class of this transport's connections to the origin; nil before the first connection.
    func addressClass(of origin: WireOrigin) -> AddressClass?

    /// Closes every connection. Running requests fail.
    func shutdown() async
}

extension Transport {
    /// Not every transport has connections.
    package func openConnection(for request: WireRequest) async {}
}
