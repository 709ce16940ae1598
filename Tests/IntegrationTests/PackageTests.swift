// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What `Tools/package` made is installed, unpacked and run. `Tools/test --packages` makes it and names its folder.
@Suite(.enabled(if: Packages.folder != nil, "Tools/test --packages makes the packages and runs these tests"))
struct PackageTests {
    private let packages: Packages
    private let scratch: Scratch

    init() throws {
        packages = try Packages()
        scratch = try Scratch()
    }

    private func sh(_ script: String) async throws -> Finished {
        try await Tool.run("bash", ["-euc", "cd '\(scratch.path)'\n" + script])
    }

    private var debian: String { "\(packages.path)/transship_\(packages.version)_\(packages.architecture).deb" }

    @Test func `every file has its sum`() async throws {
        let sums = try await sh("cd '\(packages.path)' && sha256sum --check --strict SHA256SUMS")
        #expect(sums.status == 0, "\(sums)")
        let files = try FileManager.default.contentsOfDirectory(atPath: packages.path)
        #expect(sums.lines.count == files.filter { !$0.hasSuffix(".oci") && $0 != "SHA256SUMS" }.count, "\(sums)")
    }

    @Test func `the Debian package is installed, runs and leaves nothing behind, in a root of its own`() async throws {
        let run = try await sh(
            """
            mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates
            touch root/var/lib/dpkg/status
            # The libraries are this machine's: the root holds nothing else.
            dpkg="dpkg --root=$PWD/root --log=$PWD/log --force-not-root --force-depends --force-script-chrootless"
            $dpkg --install '\(debian)' > out 2> err
            dpkg-query --admindir=root/var/lib/dpkg -W -f '${db:Status-Status} ${Version}\\n' transship
            root/usr/bin/transship version | head -1
            ls root/usr/share/bash-completion/completions root/usr/share/doc/transship
            $dpkg --purge transship > out 2> err
            find root ! -type d ! -path 'root/var/lib/dpkg/*'
            """)
        #expect(
            run.output == """
                installed \(packages.version)
                transship \(packages.version)
                root/usr/share/bash-completion/completions:
                transship

                root/usr/share/doc/transship:
                NOTICES.txt.gz
                changelog.gz
                copyright

                """, "\(run)")
    }

    @Test func `the Debian package depends on the C library that its program needs`() async throws {
        let control = try await sh("dpkg-deb -f '\(debian)' Depends")
        let glibc = try await packages.oldestGlibc(of: try unpackedProgram())
        #expect(control.output.hasPrefix("libc6 (>= \(glibc)), "), "\(control)")
        #expect(control.output.contains("libgcc-s1") && control.output.contains("zlib1g"), "\(control)")
        #expect(glibc.compare(try packages.promisedGlibc, options: .numeric) != .orderedDescending)
    }

    @Test(.enabled(if: Packages.hasLintian, "lintian is not installed"))
    func `lintian finds no error in the Debian package`() async throws {
        let lintian = try await sh("lintian --allow-root --fail-on error --no-tag-display-limit '\(debian)'")
        #expect(lintian.status == 0, "\(lintian)")
    }

    private func unpackedProgram() async throws -> String {
        let unpacked = try await sh("tar -xzf '\(packages.path)/\(packages.name).tar.gz'")
        try #require(unpacked.status == 0, "\(unpacked)")
        return "\(scratch.path)/\(packages.name)/bin/transship"
    }

    @Test func `the tarball holds the program, completions, licence and notices`() async throws {
        let program = try await unpackedProgram()
        let version = try await Tool.run(program, ["version"])
        #expect(version.lines.first == "transship \(packages.version)")
        #expect(version.lines[1].wholeMatch(of: /commit [0-9a-f]{40}\+?/) != nil, "\(version)")
        let list = try await sh("cd \(packages.name) && find . -type f ! -path './share/man/*' | LC_ALL=C sort")
        #expect(
            list.lines == [
                "./CHANGELOG.md", "./LICENSE", "./NOTICES.txt", "./bin/transship",
                "./share/bash-completion/completions/transship", "./share/fish/vendor_completions.d/transship.fish",
                "./share/zsh/site-functions/_transship",
            ])
        let notices = try scratch.read("\(packages.name)/NOTICES.txt")
        for name in [
            "swift-nio-ssl: ", "CNIOBoringSSL", "swift-nio: ", "CNIOLLHTTP/LICENSE", "Swift runtime", "libstdc++",
        ] {
            #expect(notices.contains(name), "\(name)")
        }
    }

    /// Every relation leads from and to something that the document describes.
    @Test(arguments: ["", ".image"])
    func `the bill of materials names what is linked in, with versions`(kind: String) async throws {
        let data = try Data(contentsOf: URL(filePath: "\(packages.path)/\(packages.name)\(kind).spdx.json"))
        let bill = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(bill["spdxVersion"] as? String == "SPDX-2.3")
        let parts = try #require(bill["packages"] as? [[String: Any]])
        let names = parts.compactMap { $0["name"] as? String }
        #expect(Set(["transship", "swift-nio", "swift-nio-ssl", "swift-crypto", "swift-runtime"]).isSubset(of: names))
        let vendored = ["swift-nio-ssl/CNIOBoringSSL", "swift-nio/CNIOLLHTTP"]
        #expect(vendored.allSatisfy(names.contains), "\(names)")
        #expect(names.contains("libc6") == (kind == ".image"))
        let identifiers = Set(parts.compactMap { $0["SPDXID"] as? String })
        #expect(identifiers.count == parts.count)
        let relations = try #require(bill["relationships"] as? [[String: String]])
        #expect(Set(relations.compactMap { $0["relatedSpdxElement"] }) == identifiers)
        let sum = try await sh("sha256sum '\(try await unpackedProgram())' | cut -d ' ' -f 1")
        let checksums = parts[0]["checksums"] as? [[String: String]]
        #expect(checksums?.first?["checksumValue"] == sum.lines.first)
    }

    @Test func `the image runs from its unpacked layout, as a user without rights`() async throws {
        let unpacked = try await sh(try packages.unpackingImage)
        #expect(unpacked.status == 0, "\(unpacked)")
        // A container has /proc. Without it, libdispatch ends a program whose threads it counts (Swift 6.3.1).
        let (mapped, user) = getuid() == 0 ? ("", "--userspec=65532:65532") : ("--map-root-user ", "")
        let change =
            "mkdir -p root/proc; unshare \(mapped)--mount sh -c 'mount --rbind /proc root/proc && exec chroot \(user) root \"$@\"' sh"
        let run = try await sh(
            "\(change) /usr/bin/transship version | head -1; grep -c BEGIN root/etc/ssl/certs/ca-certificates.crt")
        #expect(run.lines.first == "transship \(packages.version)", "\(run)")
        #expect(run.lines.last.flatMap { Int($0) } ?? 0 > 100, "\(run)")
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/root/bin/sh"))
        let peer = try await Peer.embedded()
        try await Tool.seed(peer.address, "--set", "tiny", "--scale", "0.001", "--images-file", "\(scratch.path)/list")
        let image = try #require(try scratch.read("list").split(separator: "\n").first)
        let digest = try await sh("export HOME=/home/transship; \(change) /usr/bin/transship digest \(image)")
        #expect(digest.output.hasPrefix("sha256:"), "\(digest)")
    }

    @Test func `the image says what it is, and is pushed as it is`() async throws {
        let config = try packages.imageConfig()
        let runtime = try #require(config["config"] as? [String: Any])
        #expect(runtime["User"] as? String == "65532:65532")
        #expect(runtime["Entrypoint"] as? [String] == ["/usr/bin/transship"])
        let labels = try #require(runtime["Labels"] as? [String: String])
        #expect(labels["org.opencontainers.image.version"] == packages.version)
        #expect(labels["org.opencontainers.image.licenses"] == "Apache-2.0")
        #expect(config["architecture"] as? String == packages.architecture)
        let peer = try await Peer.embedded()
        let layout = "oci:\(packages.path)/\(packages.name).oci:\(packages.version)"
        let pushed = try await Tool.transship("cp", layout, "\(peer.address)/tools/transship:\(packages.version)")
        #expect(pushed.status == 0, "\(pushed)")
        let digest = try await Tool.transship("digest", "\(peer.address)/tools/transship:\(packages.version)")
        #expect(digest.lines.first == (try packages.imageDigest()))
    }
}
