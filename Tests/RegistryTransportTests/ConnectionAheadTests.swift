// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing

@Suite struct ConnectionAheadTests {
    @Test func `a connection is opened for a request that is not waited for`() async throws {
        var settings = TransportSettings.patient
        // The end of the transport waits for it.
        settings.connectTimeout = .milliseconds(50)
        try await RawServer.running(answer: { _ in "" }) { server in
            try await withTransport(settings) { transport in
                // A server that never answers the beginning of TLS.
                let url = try WireURL("https://127.0.0.1:\(server.port)/v2/")
                await transport.openConnection(for: WireRequest(.get, url))
                while server.connections == 0 { await Task.yield() }
            }
            #expect(server.connections == 1 && server.requests.isEmpty)
        }
    }
}
