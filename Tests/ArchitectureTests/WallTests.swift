// SPDX-License-Identifier: Apache-2.0

import Testing

/// The walls between the targets. Each has a reason, which is what to think about before a wall is moved.
@Suite struct WallTests {
    private let tree = SourceTree.checkout
    private let table = PackageTable(manifest: SourceTree.checkout.manifest)

    /// Modules that reach a network, a disk, a process or a clock.
    private static let inputOutput: Set<String> = [
        "NIOPosix", "NIOFileSystem", "_NIOFileSystem", "NIOHTTP1", "NIOSSL", "AsyncHTTPClient", "Dispatch", "Glibc",
        "Musl",
    ]

    /// The registry client and what it is made of.
    private static let client: Set<String> = ["RegistryTransport", "Distribution", "RegistryAuth", "AsyncHTTPClient"]

    /// Values are what everything else is built on: they must work, and be tested, without anything around them.
    @Test func `OCI imports nothing of ours and no module that does I/O`() {
        #expect(tree.modules(importedBy: "OCI").isSubset(of: ["FoundationEssentials", "Foundation"]))
    }

    /// The engine copies between stores it knows by protocol. If it knew a registry, a folder or a test double would have
    /// to pretend to be one.
    @Test func `TransferEngine does not reach the registry client or a registry, not even through others`() {
        let forbidden = Self.client.union(["RegistryServer", "RegistryFaults", "Reporting", "TransshipCommands"])
        #expect(table.reach(of: "TransferEngine").isDisjoint(with: forbidden))
        #expect(tree.modules(importedBy: "TransferEngine").isDisjoint(with: forbidden.union(Self.inputOutput)))
    }

    /// What decides when a request is sent must not depend on what it asks for: a copy, an audit and a survey share it. It
    /// stands in the engine's module only because generic code of another one is not specialized.
    @Test func `the engine's request machine knows neither images nor the engine around it`() throws {
        let engine = tree.sources.filter { $0.target == "TransferEngine" }
        let machine = engine.filter { $0.path.contains("/TransferEngine/Requests/") }
        #expect(machine.count > 10 && machine.allSatisfy { file in file.imports.allSatisfy { $0.module != "OCI" } })
        let shared: Set = ["StoreID", "ItemID"]
        let others = Set(engine.filter { !$0.path.contains("/Requests/") }.flatMap(\.declaredTypes)).subtracting(shared)
        for file in machine { #expect(others.intersection(file.words) == [], "\(file.path)") }
    }

    /// One place knows the HTTP client, so that it can be exchanged and so that redirects, secrets and limits have one door.
    @Test func `only RegistryTransport imports the HTTP client`() {
        let importers = tree.sources.filter { file in file.imports.contains { $0.module == "AsyncHTTPClient" } }
        #expect(Set(importers.map(\.target)).subtracting(["RegistryTransport"]).isEmpty)
    }

    /// A registry that shared code with the client would share its mistakes, and the tests between them would prove nothing.
    @Test func `RegistryServer does not reach our client or engine`() {
        let forbidden = Self.client.union(["Content", "TransferEngine", "TransshipCommands"])
        for target in ["RegistryServer", "RegistryFaults"] {
            #expect(table.reach(of: target).isDisjoint(with: forbidden))
        }
    }

    /// Whoever watches a run must not be able to reach what it does: the live view gets readings, and hands out texts.
    @Test func `LiveView knows reports and HTTP: no registry, no client, no command`() {
        let modules = tree.modules(importedBy: "LiveView")
        let own: Set = ["OCI", "Listening", "Reporting"]
        #expect(
            modules.isSubset(
                of: own.union(["NIOCore", "NIOPosix", "NIOHTTP1", "Synchronization", "Glibc", "Musl", "Darwin"])))
        #expect(table.reach(of: "Listening").isSubset(of: ["NIOCore", "NIOHTTP1"]))
        #expect(
            table.reach(of: "LiveView").isDisjoint(with: Self.client.union(["RegistryServer", "TransshipCommands"])))
    }

    /// What is measured by the roles of a store can be tested without a registry, and counts the same for every one.
    @Test func `Benchmarking knows stores by their roles`() {
        #expect(table.reach(of: "Benchmarking").isDisjoint(with: Self.client.union(["RegistryServer"])))
        #expect(tree.modules(importedBy: "Benchmarking").isDisjoint(with: Self.inputOutput))
    }

    /// Lists are read the same from a file, from standard input and in a test.
    @Test func `BatchList knows values only`() {
        #expect(tree.modules(importedBy: "BatchList").isSubset(of: ["OCI"]))
    }

    /// Logs are read the same from a file, a pipe and a test; what is counted today is counted the same tomorrow.
    @Test func `PullLogs knows bytes only`() {
        #expect(tree.modules(importedBy: "PullLogs").isSubset(of: ["OCI", "CZlib", "Charts"]))
    }

    /// What is found in a text must not depend on where the text came from, and least of all on a registry.
    @Test func `Scanning knows values only, and FileTree nothing of ours`() {
        // A lock around what files of charts came to: many files are scanned at once.
        #expect(tree.modules(importedBy: "Scanning").isSubset(of: ["OCI", "Synchronization"]))
        #expect(tree.modules(importedBy: "FileTree").isSubset(of: ["Glibc", "Darwin"]))
        #expect(table.reach(of: "Scanning").isDisjoint(with: Self.client))
    }

    /// Where bytes have to change is the scanners' knowledge; who writes them is the command's.
    @Test func `Rewriting edits bytes: no files, no network`() {
        #expect(tree.modules(importedBy: "Rewriting").isSubset(of: ["OCI", "BatchList", "Scanning"]))
        #expect(table.reach(of: "Rewriting").isDisjoint(with: Self.client))
    }

    /// An overlay is a text that can be compared; where it is put is the command's business.
    @Test func `Overlays makes texts: no files, no network`() {
        #expect(tree.modules(importedBy: "Overlays").isSubset(of: ["OCI", "Scanning", "Rewriting"]))
    }

    /// What lists come to, and what files say of each other, is decided and tested without a registry.
    @Test func `ItemLists, FileScans and FileRewrites know no registry and no command, and ItemLists no file`() {
        for room in ["ItemLists", "FileScans", "FileRewrites"] {
            #expect(table.reach(of: room).isDisjoint(with: Self.client.union(["RegistryServer", "TransshipCommands"])))
        }
        #expect(tree.modules(importedBy: "ItemLists").isDisjoint(with: Self.inputOutput.union(["Files"])))
    }

    /// What is copied of a tree, and which image stands for a platform, is decided and tested without a command line.
    @Test func `RegistryTasks knows no file, no terminal and no flag`() {
        let modules = tree.modules(importedBy: "RegistryTasks")
        #expect(
            modules.isDisjoint(with: Self.inputOutput.union(["Files", "Reporting", "GcraneSyntax", "ArgumentParser"])))
        #expect(!table.reach(of: "RegistryTasks").contains("TransshipCommands"))
    }

    /// A library that looks at the environment has inputs nobody sees and tests nobody can repeat.
    @Test func `only TransshipCommands reads the environment and the arguments`() {
        let words = ["getenv(", "setenv(", "ProcessInfo", "CommandLine."]
        let allowed: Set = ["TransshipCommands", "transship", "seed-registry"]
        #expect(tree.uses(of: words, outside: allowed) == [])
        #expect(tree.sources.filter { !allowed.contains($0.target) && $0.words.contains("environ") }.map(\.path) == [])
    }

    /// Standard output is a public interface; whoever may write to it is on a short list.
    @Test func `only commands and reporting write to a terminal`() {
        let words = [
            "print(", "debugPrint(", "dump(", "readLine(", "FileHandle.standard", "fputs(", "fputc(", "puts(",
            "printf(",
            "STDOUT_FILENO", "STDERR_FILENO", "STDIN_FILENO", "stdout", "stderr",
        ]
        #expect(tree.uses(of: words, outside: ["TransshipCommands", "Reporting", "seed-registry"]) == [])
    }

    /// The whole of Foundation costs 40 MB of binary and milliseconds of every start, for nothing we use.
    @Test func `no source imports the whole of Foundation where its essentials exist`() {
        let whole = tree.sources.flatMap { file in
            file.imports.filter { $0.module == "Foundation" }.filter { found in
                // Beside the essentials, for platforms that have only the whole.
                file.lines[found.line - 2].trimmed != "#else"
            }.map { "\(file.path):\($0.line)" }
        }
        #expect(whole == [])
    }

    /// The one list whose code other targets compile for their own elements. The compiler does that only for public code.
    /// Targets that do not import it with `@_spi(Lists)` do not see it.
    private static let compiledElsewhere = "Sources/Values/OCI/Packing/Segmented.swift"

    /// What is public is promised: it has one door. `package` reaches everything of ours.
    @Test func `only TransshipKit makes anything public, and nothing is open`() {
        let others = tree.uses(of: ["public "], outside: ["TransshipKit"])
        #expect(others.filter { !$0.hasPrefix(Self.compiledElsewhere + ":") } == [])
        let types = others.filter { $0.contains("struct ") || $0.contains("class ") || $0.contains("enum ") }
        #expect(types.count == 1 && types.allSatisfy { $0.contains(" @_spi(Lists) @frozen public struct Segmented<") })
        #expect(tree.uses(of: ["open class ", "open func ", "open var "], outside: []) == [])
    }

    /// A type of a dependency in a public signature would bind users to its version, and this package to its API.
    @Test func `TransshipKit imports nothing publicly`() {
        let lines: [String] = tree.sources.filter { $0.target == "TransshipKit" }.flatMap(\.lines)
        let imports = lines.filter { $0.contains("import ") }
        #expect(!imports.isEmpty)
        #expect(imports.filter { !$0.trimmed.hasPrefix("import ") && !$0.hasPrefix("#if") } == [])
    }

    /// Logging is the library's way to its users' logs. The program has lines of its own, and must not pay for another way; what
    /// logs are written to is chosen by programs, never by a library.
    @Test func `only TransshipKit imports swift-log, and nothing sets it up`() {
        let importers = tree.sources.filter { file in file.imports.contains { $0.module == "Logging" } }
        #expect(Set(importers.map(\.target)) == ["TransshipKit"])
        #expect(tree.sources.filter { $0.words.contains("LoggingSystem") }.map(\.path) == [])
        #expect(!table.reach(of: "transship").contains("Logging"))
    }

    /// The program is not to grow by what only other packages use.
    @Test func `the program does not reach TransshipKit`() {
        #expect(!table.reach(of: "transship").contains("TransshipKit"))
    }

    /// Tests and tools may use the product; never the other way round.
    @Test func `the product reaches no tools and no test doubles`() {
        let doubles: Set<String> = [
            "TransshipTesting", "ProtocolCases", "RegistryFaults", "seed-registry",
        ]
        #expect(table.reach(of: "transship").isDisjoint(with: doubles))
    }
}

extension String {
    fileprivate var trimmed: Substring { drop { $0.isWhitespace } }
}
