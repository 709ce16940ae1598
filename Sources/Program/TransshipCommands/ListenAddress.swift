// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryServer

/// Where to listen: `HOST:PORT`, or `:PORT` for all interfaces.
struct ListenAddress: CustomStringConvertible {
    /// The host without the brackets of IPv6; nil: all interfaces.
    let host: String?
    let port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(decimal: text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        let host = text[..<colon]
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
        // An IPv6 address without brackets may have lost its last part to the port.
        guard host.isEmpty || !bare.isEmpty, bare != host || !host.contains(":") else { return nil }
        self.host = host.isEmpty ? nil : String(bare)
        self.port = port
    }

    var description: String {
        guard let host else { return ":\(port)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Starts a registry there. All interfaces are those of IPv6, which on Linux takes IPv4 as well, or of IPv4 on a
    /// machine without IPv6.
    func start(_ configuration: RegistryConfiguration) async throws -> RegistryServer {
        var configuration = configuration
        configuration.port = port
        configuration.host = host ?? "::"
        do { return try await RegistryServer.start(configuration) } catch let error where host == nil {
            configuration.host = "0.0.0.0"
            guard let server = try? await RegistryServer.start(configuration) else { throw error }
            return server
        }
    }

    /// The URL of the server for clients on this machine, without `/v2/`.
    func url(of server: RegistryServer) -> String {
        guard host == nil, let scheme = server.url.split(separator: ":").first else { return server.url }
        return "\(scheme)://localhost:\(server.port)"
    }
}

extension Task<Never, Never> {
    /// Returns when the task is cancelled.
    static func untilCancelled() async {
        while (try? await Task.sleep(for: .seconds(3600))) != nil {}
    }
}
