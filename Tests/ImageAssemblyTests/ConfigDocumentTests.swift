// SPDX-License-Identifier: Apache-2.0

import ImageAssembly
import OCI
import Testing

@Suite struct ConfigDocumentTests {
    /// Configs, and what crane 0.21 makes of them when it is told `mutate -l k=v -e X=y`.
    static let mutated: [(config: String, expected: String)] = [
        (
            #"""
            {"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:399a390a12f5396f065073a5667157a1f3dd978fadef87796b981e7e311546ad"],"more":1},"foo":{"a":1},"moby.buildkit.buildinfo.v1":"abc","container_config":{"Cmd":["x"]},"config":{"Env":["PATH=/bin"],"Zzz":true,"Healthcheck":{"Test":["CMD","a"],"Interval":30000000000,"StartInterval":5}}}
            """#,
            #"""
            {"architecture":"amd64","created":"0001-01-01T00:00:00Z","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:399a390a12f5396f065073a5667157a1f3dd978fadef87796b981e7e311546ad"]},"config":{"Healthcheck":{"Test":["CMD","a"],"Interval":30000000000},"Env":["PATH=/bin","X=y"],"Labels":{"k":"v"}}}
            """#
        ),
        (
            #"""
            {"os":"linux","architecture":"amd64","author":"a <b@c> & d\u2028\u2029\u007f\u0001\b\f\n\r\t\"\\/é😀","config":{"Cmd":["/bin/sh","-c","a && b > c"],"Labels":{"z":"1","a":"2","Z":"3","é":"4","<":"5"}},"rootfs":{"type":"layers","diff_ids":[]}}
            """#,
            #"""
            {"architecture":"amd64","author":"a \u003cb@c\u003e \u0026 d\u2028\u2029\#u{7F}\u0001\b\f\n\r\t\"\\/é😀","created":"0001-01-01T00:00:00Z","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{"Cmd":["/bin/sh","-c","a \u0026\u0026 b \u003e c"],"Env":["X=y"],"Labels":{"\u003c":"5","Z":"3","a":"2","k":"v","z":"1","é":"4"}}}
            """#
        ),
        (
            #"""
            {"created":"2020-02-29T12:34:56.120000000+00:00","history":[{"created":"2020-01-01T00:00:00.123456789123+02:00","created_by":"x"},{"created":null,"empty_layer":true},{"created":"2020-01-01T00:00:00-00:00"},{"created":"2020-01-01T00:00:00.000Z","comment":"","author":"me"},{}],"os":"linux","architecture":"arm","variant":"v7","os.version":"1","os.features":["f"],"config":null,"rootfs":null}
            """#,
            #"""
            {"architecture":"arm","created":"2020-02-29T12:34:56.12Z","history":[{"created":"2020-01-01T00:00:00.123456789+02:00","created_by":"x"},{"created":"0001-01-01T00:00:00Z","empty_layer":true},{"created":"2020-01-01T00:00:00Z"},{"author":"me","created":"2020-01-01T00:00:00Z"},{"created":"0001-01-01T00:00:00Z"}],"os":"linux","rootfs":{"type":"","diff_ids":null},"config":{"Env":["X=y"],"Labels":{"k":"v"}},"os.version":"1","variant":"v7","os.features":["f"]}
            """#
        ),
        (
            #"""
            {"OS":"linux","Architecture":"amd64","Config":{"env":["A=b"],"CMD":["x"],"labels":{"A":null},"exposedports":{"80":{"x":1},"9":null}},"RootFS":{"Type":"layers","Diff_IDs":null}}
            """#,
            #"""
            {"architecture":"amd64","created":"0001-01-01T00:00:00Z","os":"linux","rootfs":{"type":"layers","diff_ids":null},"config":{"Cmd":["x"],"Env":["A=b","X=y"],"Labels":{"A":"","k":"v"},"ExposedPorts":{"80":{},"9":{}}}}
            """#
        ),
        (
            #"""
            {"os":"linux","architecture":"amd64","config":{"AttachStderr":false,"Tty":true,"Cmd":[],"Env":[],"Labels":{},"Volumes":{"/b":{},"/a":{}},"Shell":["a",null],"Healthcheck":{}},"history":[],"rootfs":{"type":"","diff_ids":[]}}
            """#,
            #"""
            {"architecture":"amd64","created":"0001-01-01T00:00:00Z","os":"linux","rootfs":{"type":"","diff_ids":[]},"config":{"Healthcheck":{},"Env":["X=y"],"Labels":{"k":"v"},"Tty":true,"Volumes":{"/a":{},"/b":{}},"Shell":["a",""]}}
            """#
        ),
        (
            #"""
            {}
            """#,
            #"""
            {"architecture":"","created":"0001-01-01T00:00:00Z","os":"","rootfs":{"type":"","diff_ids":null},"config":{"Env":["X=y"],"Labels":{"k":"v"}}}
            """#
        ),
        (
            #"""
            {"os":"windows","architecture":"amd64","os.version":"10.0","config":{"Env":["path=c:"],"ArgsEscaped":true},"rootfs":{"type":"layers","diff_ids":[]}}
            """#,
            #"""
            {"architecture":"amd64","created":"0001-01-01T00:00:00Z","os":"windows","rootfs":{"type":"layers","diff_ids":[]},"config":{"Env":["path=c:","X=y"],"Labels":{"k":"v"},"ArgsEscaped":true},"os.version":"10.0"}
            """#
        ),

    ]

    private static func changed(_ config: String) throws -> String {
        var document = try ConfigDocument(Array(config.utf8))
        document.set(labels: ["k": "v"])
        try document.set(variables: [("X", "y")])
        return String(decoding: document.bytes, as: UTF8.self)
    }

    @Test(arguments: mutated)
    func `is written byte for byte as crane writes it`(config: String, expected: String) throws {
        #expect(try Self.changed(config) == expected)
    }

    @Test(arguments: [
        (#"{"config":{"Env":["novalue"]}}"#, "invalid key value pair in config: novalue"),
        (#"{"config":{"Env":"x"}}"#, #"the config cannot be read: config.Env: "x" is no list"#),
        (#"{"config":{"Labels":{"a":1}}}"#, "the config cannot be read: config.Labels.a: 1 is no text"),
        (#"{"created":"yesterday"}"#, #"the config cannot be read: created: "yesterday" is no time"#),
        (
            #"{"config":{"Healthcheck":{"Retries":1.5}}}"#,
            "the config cannot be read: config.Healthcheck.Retries: 1.5 is no whole number"
        ),
        (
            #"{"rootfs":{"diff_ids":["sha256:x"]}}"#,
            #"the config cannot be read: rootfs.diff_ids: "sha256:x" is no digest"#
        ),
        (#"{"os":"a","os":"b"}"#, #"the config is ambiguous JSON: the key "os" occurs twice in one object"#),
        ("[]", "the config cannot be read: [] is no object"),
    ])
    func `that is none is refused with the place where it goes wrong`(config: String, reason: String) {
        #expect { try Self.changed(config) } throws: { "\($0)" == reason }
    }

    @Test func `that is changed nowhere is written as it was, if a Go program wrote it`() throws {
        for (_, config) in Self.mutated {
            #expect(try ConfigDocument(Array(config.utf8)).bytes == Array(config.utf8))
        }
    }

    @Test func `replaces variables where they stand and appends others in the order given`() throws {
        var document = try ConfigDocument(Array(#"{"config":{"Env":["A=1","B=2","A=3"]}}"#.utf8))
        try document.set(variables: [("C", "x"), ("A", "9"), ("C", "y"), ("D", "a=b")])
        let text = String(decoding: document.bytes, as: UTF8.self)
        #expect(text.contains(#""Env":["A=9","B=2","A=3","C=x","C=y","D=a=b"]"#))
    }

    @Test func `of Windows gets new variables in capitals`() throws {
        var document = try ConfigDocument(Array(#"{"os":"windows","config":{"Env":["path=c:"]}}"#.utf8))
        try document.set(variables: [("path", "d:"), ("home", "c:")])
        #expect(String(decoding: document.bytes, as: UTF8.self).contains(#""Env":["path=d:","HOME=c:"]"#))
    }

    @Test func `loses its command when the entrypoint changes`() throws {
        var document = try ConfigDocument(Array(#"{"config":{"Cmd":["a"],"Entrypoint":["b"]}}"#.utf8))
        document.set(entrypoint: ["c", "d"])
        #expect(String(decoding: document.bytes, as: UTF8.self).hasSuffix(#""config":{"Entrypoint":["c","d"]}}"#))
        document.set(command: ["e"])
        document.set(ports: ["90", "80/tcp", "90"])
        document.set(user: "me")
        document.set(workingFolder: "/w")
        #expect(
            String(decoding: document.bytes, as: UTF8.self).hasSuffix(
                #""config":{"Cmd":["e"],"Entrypoint":["c","d"],"User":"me","WorkingDir":"/w","#
                    + #""ExposedPorts":{"80/tcp":{},"90":{}}}}"#))
    }

    @Test func `names a platform as an index lists it`() throws {
        #expect(ConfigDocument().platform == nil)
        var document = ConfigDocument()
        document.set(platform: Platform(os: "linux", architecture: "arm64", variant: "v8", osVersion: "1.2"))
        #expect(
            String(decoding: document.bytes, as: UTF8.self)
                == #"{"architecture":"arm64","created":"0001-01-01T00:00:00Z","os":"linux","#
                + #""rootfs":{"type":"layers","diff_ids":null},"config":{},"os.version":"1.2","variant":"v8"}"#)
        #expect(document.platform?["variant"] == "v8")
    }
}
