// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `registry serve` under crane's names, as scripts start it.
@Suite struct CraneServeTests {
    private func run(_ script: String, _ environment: [String: String] = [:]) async throws -> Finished {
        let scratch = try Scratch()
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/crane", withDestinationPath: Tool.products.path + "/transship")
        let surroundings = [
            "PATH": "\(scratch.path):/usr/bin:/bin", "HOME": scratch.path, "TMPDIR": scratch.path, "TZ": "UTC",
        ]
        return try await Tool.run(
            "bash", ["-c", "cd \"$HOME\"\n" + script],
            environment: surroundings.merging(environment) { $1 })
    }

    /// Starts a registry in the background; `$port` is the one it names in its log. The log is emptied first: that of an
    /// earlier registry names another port.
    private func serving(_ arguments: String) -> String {
        """
        set -m
        : > log
        crane registry serve \(arguments) 2> log & server=$!
        until port=$(grep -o 'serving on port [0-9]*' log | cut -d' ' -f4) && [ "$port" ]; do
          kill -0 $server || exit 9
        done
        """
    }

    @Test(arguments: ["", "--address :0", "--address 127.0.0.1:0", "--disk kept", "--blobs-to-disk"])
    func `the log names the port, and SIGINT ends it without a fault`(arguments: String) async throws {
        let finished = try await run(
            serving(arguments) + """

                crane catalog 127.0.0.1:$port && kill -INT $server; wait $server; echo "ended with $?"
                sed -n '/serving/p; $p' log | cut -d' ' -f3-
                """)
        let port = finished.output.firstMatch(of: /serving on port (\d+)/)?.output.1 ?? ""
        #expect(finished.lines == ["ended with 0", "serving on port \(port)", "shutting down..."], "\(finished)")
    }

    @Test func `each request is a line of the log, and a refused one says why`() async throws {
        let finished = try await run(
            serving("--address 127.0.0.1:0") + """

                get() { curl -s -o /dev/null "$@"; }; address=http://127.0.0.1:$port/v2/
                get $address; get --head "${address}a/manifests/v1"; get "${address}a/tags/list?n=10"; get -X PATCH ${address}a/x
                kill -INT $server; wait $server; grep -Ev "serving|shutting" log | cut -d' ' -f3-
                """)
        #expect(
            finished.lines == [
                "GET /v2/", "HEAD /v2/a/manifests/v1 404 MANIFEST_UNKNOWN manifest unknown to registry",
                "GET /v2/a/tags/list?n=10 404 NAME_UNKNOWN repository name not known to registry",
                "PATCH /v2/a/x 404 UNSUPPORTED no such endpoint",
            ], "\(finished)")
    }

    @Test func `PORT says where to listen if --address does not`() async throws {
        let taken = try await run(
            serving("--address :0") + """

                PORT=$port crane registry serve; echo "ended with $?"; kill $server
                """)
        #expect(taken.lines == ["ended with 1"])
        #expect(taken.errors.contains(/listen tcp :\d+: bind: address already in use/), "\(taken)")
    }

    @Test func `what is pushed to a folder is there after a new start`() async throws {
        let finished = try await run(
            """
            printf '{"rootfs":{"type":"layers","diff_ids":[]}}' > config.json
            echo '[{"Config":"config.json","Layers":[]}]' > manifest.json
            tar -cf image.tar config.json manifest.json
            """ + "\n" + serving("--disk kept --address :0") + """

                crane push image.tar 127.0.0.1:$port/app:v1 2> /dev/null | cut -d@ -f2; kill -INT $server; wait $server
                """ + "\n" + serving("--disk kept --address :0") + """

                    crane digest 127.0.0.1:$port/app:v1; kill $server
                    """)
        #expect(finished.lines.count == 2 && Set(finished.lines).count == 1, "\(finished)")
    }

    @Test func `transship's own takes a port alone, and PORT for its default address`() async throws {
        let ports = try await Peer.embedded("--address", ":0")
        #expect(ports.address.hasPrefix("localhost:"))
        let refused = try await Tool.transship("registry", "serve", environment: ["PORT": "none"])
        #expect(refused.status == 2 && refused.errors.hasPrefix("error: PORT \"none\" is not a port"), "\(refused)")
    }
}
