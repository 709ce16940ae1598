// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Files that other programs read: workflows, the action, the formula, the package index. None of these programs runs here, so
/// they are parsed, and what they call has to exist.
@Suite struct ReleaseFileTests {
    private let checkout = Checkout()

    private func yaml(_ path: String) async throws -> [String: Any] {
        let program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1])), default=str))"
        let read = try await Tool.run("python3", ["-c", program, "\(checkout.root)/\(path)"])
        try #require(read.status == 0, "\(read)")
        return try #require(try JSONSerialization.jsonObject(with: Data(read.output.utf8)) as? [String: Any])
    }

    /// Scripts of this repository that a text calls.
    private func scripts(calledBy text: String) -> Set<String> {
        Set(text.matches(of: /(?:Tools|\.ci)\/[a-z\/-]+/).map { String($0.output) })
    }

    @Test(arguments: [".github/workflows/ci.yml", ".github/workflows/release.yml"])
    func `a workflow is read, may do little, and calls scripts that exist`(path: String) async throws {
        let workflow = try await yaml(path)
        #expect(workflow["permissions"] as? [String: String] == ["contents": "read"])
        let jobs = try #require(workflow["jobs"] as? [String: [String: Any]])
        let steps = jobs.values.flatMap { $0["steps"] as? [[String: Any]] ?? [] }
        #expect(steps.allSatisfy { ($0["run"] == nil) != ($0["uses"] == nil) })
        let scripts = scripts(calledBy: try checkout.text(path))
        #expect(!scripts.isEmpty)
        for script in scripts {
            #expect(FileManager.default.isExecutableFile(atPath: "\(checkout.root)/\(script)"), "\(script)")
        }
    }

    @Test(arguments: [".github/workflows/ci.yml", ".github/workflows/release.yml"])
    func `a workflow that keeps packages makes them before, and fails where there are none`(path: String) throws {
        let text = try checkout.text(path)
        // What is below a folder with a dot is hidden, and left out by default.
        let keeping = /path: \.build\/packages\n +include-hidden-files: true\n +if-no-files-found: error\n/
        let kept = try #require(text.firstRange(of: keeping))
        #expect(text[..<kept.lowerBound].contains(/Tools\/test --packages|\.ci\/run\n +env:\n +CI_PACKAGES: 1\n/))
        #expect(try checkout.text(".ci/run").contains(#"if [ "${CI_PACKAGES:-}" = 1 ]; then test+=(--packages); fi"#))
    }

    @Test func `the action declares the inputs that it uses, and uses those that it declares`() async throws {
        let action = try await yaml("action.yml")
        let inputs = try #require(action["inputs"] as? [String: Any])
        let used = try checkout.text("action.yml").matches(of: /inputs\.(\w+)/).map { String($0.output.1) }
        #expect(Set(inputs.keys) == Set(used))
        #expect((action["runs"] as? [String: Any])?["using"] as? String == "composite")
        #expect(scripts(calledBy: try checkout.text("action.yml")) == ["Tools/packaging/install"])
    }

    @Test func `the package index builds with the Swift that the manifest asks for`() async throws {
        let index = try await yaml(".spi.yml")
        let configurations = (index["builder"] as? [String: Any])?["configs"] as? [[String: Any]]
        let versions = (configurations ?? []).compactMap { $0["swift_version"] as? String }
        let wanted = try checkout.text("Package.swift").firstMatch(of: /swift-tools-version: (\S+)/)
        #expect(versions.first == wanted.map { String($0.output.1) })
    }

    @Test func `every place that names where the project is names the same place`() throws {
        let home = try checkout.text("Tools/packaging/home").trimmingCharacters(in: .whitespacesAndNewlines)
        for path in ["Tools/packaging/install", ".spi.yml", "SECURITY.md", "docs/install.md", "README.md"] {
            let named = try checkout.text(path).matches(of: /https:\/\/github\.com\/[\w-]+\/transship/).map(\.output)
            #expect(!named.isEmpty && named.allSatisfy { $0 == home }, "\(path)")
        }
    }

    @Test func `the oldest C library is the same in every place that names it`() throws {
        let oldest = try checkout.text("Tools/packaging/oldest-glibc").trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try checkout.text("docs/install.md").contains("glibc \(oldest) or newer"))
        #expect(try checkout.text("Tools/packaging/install").contains("glibc_needed=\(oldest)\n"))
    }

    /// What `Tools/release` reads, copied into a folder in which a test may change it.
    private func sources(inside folder: String) -> String {
        """
        mkdir -p \(folder)/Sources/Program/TransshipCommands
        cp -r '\(checkout.root)/Tools' '\(checkout.root)/CHANGELOG.md' \(folder)
        cp '\(checkout.root)/Sources/Program/TransshipCommands/Version.swift' \(folder)/Sources/Program/TransshipCommands
        """
    }

    /// `Tools/release` over made-up packages of two architectures.
    @Test func `a release has one formula, one list of sums and this version's notes`() async throws {
        let scratch = try Scratch()
        let version = try checkout.version
        let run = try await Tool.run(
            "bash",
            [
                "-euc",
                """
                cd '\(scratch.path)'
                \(sources(inside: "source"))
                sed -i '/^## Unreleased/,/^## [0-9]/{/^## [0-9]/!d}' source/CHANGELOG.md
                for architecture in amd64 arm64; do
                    name=transship-\(version)-linux-$architecture
                    mkdir -p "$name/bin" "packages/$architecture"
                    cp '\(Tool.products.path)/transship' "$name/bin/"
                    tar -czf "packages/$architecture/$name.tar.gz" "$name/bin/transship"
                    (cd "packages/$architecture" && sha256sum *.tar.gz > SHA256SUMS)
                done
                source/Tools/release --tag v\(version) "$PWD"/packages/* "$PWD/release"
                cd release/assets && sha256sum --check --quiet SHA256SUMS && ls
                if command -v ruby > /dev/null; then ruby -c transship.rb > /dev/null; fi
                """,
            ])
        #expect(run.status == 0, "\(run)")
        #expect(
            run.lines == [
                "SHA256SUMS", "install", "transship-\(version)-linux-amd64.tar.gz",
                "transship-\(version)-linux-arm64.tar.gz", "transship.rb",
            ])
        let formula = try scratch.read("release/assets/transship.rb")
        #expect(!formula.contains("@") && formula.contains("version \"\(version)\""))
        let (opened, closed) = (
            formula.matches(of: /(?m)^ *(?:class |def |.* do$)/).count, formula.matches(of: /(?m)^ *end$/).count
        )
        #expect(opened == closed)
        #expect(try !scratch.read("release/notes.md").isEmpty)
    }

    @Test func `a tag that is not this version's is refused`() async throws {
        let run = try await Tool.run("\(checkout.root)/Tools/release", ["--tag", "v0.0.1", "/nowhere", "/nowhere/out"])
        #expect(run.status == 1)
        #expect(
            run.errors.contains("the tag is v0.0.1, and the version of the sources is \(try checkout.version)"),
            "\(run)")
    }

    @Test func `a release is refused while the changelog has entries under no version`() async throws {
        let scratch = try Scratch()
        let version = try checkout.version
        let run = try await Tool.run(
            "bash",
            [
                "-euc",
                """
                cd '\(scratch.path)'
                \(sources(inside: "source"))
                printf '# Changelog\\n\\n## Unreleased\\n\\n- New.\\n\\n## \(version) - 2026-11-26\\n\\n- Old.\\n' > source/CHANGELOG.md
                source/Tools/release --tag v\(version) /nowhere /nowhere/out
                """,
            ])
        #expect(run.status == 1 && run.errors.contains("has entries under Unreleased"), "\(run)")
    }

    /// The layouts of `Tools/image` name an index each. Podman and skopeo read images in an index, and no index in it.
    @Test func `the pushed index of a release has one image for each platform, and skopeo reads them`() async throws {
        let scratch = try Scratch()
        let version = try checkout.version
        let peer = try await Peer.embedded()
        let (place, ours) = ("\(peer.address)/work", Tool.products.appending(path: "transship").path)
        let run = try await Tool.run(
            "bash",
            [
                "-euc",
                """
                cd '\(scratch.path)'
                mkdir release && ln -s '\(ours)' release/transship
                printf hello > file && tar -cf layer.tar file
                for architecture in amd64 arm64; do
                    release/transship append --oci-empty-base -f layer.tar -t \(place):layers
                    release/transship mutate \(place):layers --set-platform linux/$architecture -t \(place):$architecture
                    release/transship index append -m \(place):$architecture -t \(place):index
                    release/transship cp \(place):index "oci:$PWD/$architecture.oci:\(version)"
                    mkdir -p packages/$architecture
                    tar -cf packages/$architecture/transship-\(version)-linux-$architecture.oci.tar -C $architecture.oci .
                done > log
                '\(checkout.root)/Tools/release' --push \(peer.address)/transship "$PWD"/packages/* "$PWD/release" >> log
                """,
            ])
        #expect(run.status == 0, "\(run)")
        let pushed = try await Tool.transship("manifest", "\(peer.address)/transship:\(version)")
        let index = try JSONSerialization.jsonObject(with: Data(pushed.output.utf8)) as? [String: Any]
        let entries = try #require(index?["manifests"] as? [[String: Any]], "\(pushed)")
        let platforms = entries.map { ($0["platform"] as? [String: String])?["architecture"] }
        #expect(platforms == ["amd64", "arm64"])
        #expect(entries.allSatisfy { $0["mediaType"] as? String == "application/vnd.oci.image.manifest.v1+json" })
        for (architecture, entry) in zip(["amd64", "arm64"], entries) {
            let read = try await Tool.run(
                "bash",
                [
                    "-euc",
                    """
                    skopeo --insecure-policy --override-os linux --override-arch \(architecture) copy --quiet \\
                        --src-tls-verify=false docker://\(peer.address)/transship:latest 'dir:\(scratch.path)/\(architecture)'
                    sha256sum '\(scratch.path)/\(architecture)/manifest.json'
                    """,
                ])
            #expect(read.output.hasPrefix((entry["digest"] as? String ?? "sha256:none").dropFirst(7)), "\(read)")
        }
        let tags = try await Tool.transship("ls", "\(peer.address)/transship")
        let names = [version, "\(version)-amd64", "\(version)-arm64", "latest"].map {
            "\(peer.address)/transship:\($0)"
        }
        #expect(tags.lines.sorted() == names, "\(tags)")
    }

    @Test func `the installer installs a release whose sums are right, and nothing else`() async throws {
        let scratch = try Scratch()
        let version = try checkout.version
        let script = """
            cd '\(scratch.path)'
            case $(uname -m) in x86_64) architecture=amd64 ;; *) architecture=arm64 ;; esac
            name=transship-\(version)-linux-$architecture
            mkdir -p "$name/bin" releases
            printf '#!/bin/sh\\necho transship \(version)\\n' > "$name/bin/transship" && chmod 755 "$name/bin/transship"
            touch "$name/LICENSE" "$name/NOTICES.txt"
            tar -czf "releases/$name.tar.gz" "$name"
            (cd releases && sha256sum *.tar.gz > SHA256SUMS)
            export TRANSSHIP_RELEASES="file://$PWD/releases"
            '\(checkout.root)/Tools/packaging/install' --prefix "$PWD/here" 2> hints
            ls here/share/doc/transship
            '\(checkout.root)/Tools/packaging/install' --version v\(version) --prefix relative/folder 2>> hints
            relative/folder/bin/transship
            '\(checkout.root)/Tools/packaging/install' --version 9.9.9 --prefix "$PWD/other" 2>&1 || ls other 2> /dev/null || echo none
            printf damaged >> "releases/$name.tar.gz"
            '\(checkout.root)/Tools/packaging/install' --prefix "$PWD/there" 2>&1 || ls there 2> /dev/null || echo nothing
            """
        let run = try await Tool.run("bash", ["-euc", script])
        #expect(run.status == 0, "\(run)")
        let installed = "transship \(version)"
        #expect(run.lines.prefix(5) == [installed, "LICENSE", "NOTICES.txt", installed, installed], "\(run)")
        #expect(run.output.contains("has no tarball of 9.9.9 for ") && run.lines.contains("none"), "\(run)")
        #expect(run.output.contains("is not the file that SHA256SUMS names; nothing was installed"), "\(run)")
        #expect(run.lines.last == "nothing")
    }

    /// A bare Debian, on which the compiler was unpacked and none of its libraries installed.
    @Test func `a swift that does not start is explained`() async throws {
        let scratch = try Scratch()
        let script = """
            cd '\(scratch.path)'
            printf '#!/bin/sh\\necho "swift: error while loading shared libraries: libncurses.so.6: cannot open" >&2\\nexit 127\\n' > swift
            printf '#!/bin/sh\\necho "	libncurses.so.6 => not found"; echo "	libedit.so.2 => not found"\\n' > ldd
            touch swift-frontend && chmod 755 swift ldd swift-frontend
            PATH=$PWD:$PATH bash -c '. "\(checkout.root)/Tools/common.bash"; need_swift' || echo "exit code $?"
            """
        let run = try await Tool.run("bash", ["-euc", script])
        #expect(run.output == "exit code 1\n")
        #expect(
            run.errors.contains("swift does not start: swift: error while loading shared libraries: libncurses.so.6"))
        #expect(run.errors.contains("hint: libraries are missing; this installs them: apt-get install"), "\(run)")
        #expect(run.errors.contains(" libedit2 libncurses6\n"), "\(run)")
    }

    @Test func `without Swift the command that installs it is shown`() async throws {
        let run = try await Tool.run(
            "bash", ["-c", ". '\(checkout.root)/Tools/common.bash'; PATH=/usr/bin:/bin need_swift"])
        #expect(run.status == 1 && run.errors.contains("error: Swift 6.2 or later is needed"), "\(run)")
        #expect(run.errors.contains("swiftly init"))
    }
}
