// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// The list below climbs: a target may import only what stands above it, and only what it names here.
// `Tests/ArchitectureTests` holds the rules that a manifest cannot say, and `Tools/test` builds with SwiftPM's
// explicit-import check, so an import that is not declared here does not compile.

import PackageDescription

/// `Tools/fuzz` names libFuzzer's library here, the one without a `main`. Other builds know nothing of libFuzzer.
let fuzzerRuntime = Context.environment["TRANSSHIP_FUZZER_RUNTIME"]

/// Counts the branches taken, for the fuzzer to look for new ones; and lets it see what is internal.
let fuzzing: [SwiftSetting] =
    fuzzerRuntime == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])]

let settings: [SwiftSetting] =
    fuzzing + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        // Off on users' machines, where a newer compiler may warn about something this one does not.
        .treatAllWarnings(as: Context.environment["TRANSSHIP_WARNINGS_ARE_ERRORS"] == "1" ? .error : .warning),
    ]

/// What `Tools/build` knows of a build, for `transship version`. Only one small file is compiled again when it changes.
let buildFacts: [CSetting] =
    ["TRANSSHIP_COMMIT", "TRANSSHIP_SWIFT"].compactMap { name in
        Context.environment[name].map { .define(name, to: "\"\($0)\"") }
    } + (Context.environment["TRANSSHIP_OLD_GLIBC"] == "1" ? [.define("TRANSSHIP_OLD_GLIBC")] : [])

/// lld folds identical functions: a smaller binary that starts sooner. Plain `-O` otherwise. No packed relocations: a program
/// at a fixed address has none to pack, and would ask for glibc 2.36 all the same.
let linking: [LinkerSetting] = [
    .unsafeFlags(["-use-ld=lld", "-Xlinker", "--icf=all"], .when(platforms: [.linux], configuration: .release))
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A folder of `Sources`: targets that serve one end.
struct Folder {
    let name: String

    func path(of target: String) -> String { "Sources/\(name)/\(target)" }

    /// A library target of this package with the settings all of them share.
    func room(_ target: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
        .target(
            name: target, dependencies: dependencies, path: path(of: target), resources: resources,
            swiftSettings: settings)
    }
}

/// What everything is made of: digests, manifests, streams that hash, files.
let values = Folder(name: "Values")
/// Images on this machine: layouts, archives, and such as are made here.
let images = Folder(name: "Images")
/// The registry client and its logins.
let client = Folder(name: "Client")
/// Plans, the machine that drives them, and what runs leave behind.
let engine = Folder(name: "Engine")
/// References in files: lists, and whatever names an image.
let references = Folder(name: "References")
/// Pull logs and load on registries, counted and drawn.
let measuring = Folder(name: "Measuring")
/// The embedded registry.
let server = Folder(name: "Server")
/// What people see and type.
let program = Folder(name: "Program")
/// The door for other packages.
let library = Folder(name: "Library")
/// What only tests and tools use.
let testing = Folder(name: "Testing")

/// The pages of reports: text, style and script are files of their own, and part of the binary.
let reportPage: [Resource] = ["page.html", "page.css", "page.js", "bench.html"].map { .embedInCode("Page/" + $0) }

/// The tests of one target, in the folder that mirrors it.
func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: settings)
}

/// For `Tools/fuzz` the sources of `FuzzerTests`, without its tests, become a program of libFuzzer's.
func fuzz(_ runtime: String, _ tests: Target) -> [Target] {
    [
        .systemLibrary(name: "CFuzzer", path: "Tools/fuzzing/CFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["CFuzzer"] + tests.dependencies, path: ".",
            sources: ["Tests/FuzzerTests/Fuzzers", "Tools/fuzzing/Sources"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags([runtime, "-lstdc++"])]),
    ]
}

let package = Package(
    name: "transship",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "transship", targets: ["transship"]),
        .library(name: "TransshipKit", targets: ["TransshipKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
    ],
    targets: [
        // The nouns: digest, reference, media type, platform, descriptor, manifest, index. Parse, check, print; no I/O.
        values.room("OCI"),

        // Files of this machine: opened, read whole, replaced in one step, locked; and outputs that may stop taking bytes.
        values.room("Files"),

        // Work that several wait for: done once, one after the other, or for so long. Knows nothing of what it is.
        values.room("Waiting"),

        // zlib of the system (Debian: zlib1g-dev).
        .systemLibrary(
            name: "CZlib", path: values.path(of: "CZlib"), pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

        // zstd of the system (Debian: libzstd-dev); linked in, so that it need not be where the program runs.
        .systemLibrary(
            name: "CZstd", path: values.path(of: "CZstd"), pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),

        // The roles a content store plays (source, target), streams whose bytes are hashed as they pass, and failures.
        values.room("Content", ["OCI", nioCore, crypto]),

        // Looks into layers while they pass: inflates them on threads of its own, compares diff IDs.
        values.room(
            "LayerVerification",
            ["OCI", "CZlib", "CZstd", "Content", nioCore, .product(name: "DequeModule", package: "swift-collections")]),

        // An OCI image layout on disk playing the content roles.
        images.room("OCILayout", ["OCI", "Files", "Content", nioCore, nioPosix]),

        // Docker's archives: images in one tar file, read as a source and written whole.
        images.room("DockerArchive", ["OCI", "Files", "Content", "OCILayout", nioCore, nioPosix]),

        // Images and indexes made of others: documents in Go's encoding, layers of files, and the result as a source.
        images.room("ImageAssembly", ["OCI", "Content", "LayerVerification", "OCILayout", nioCore]),

        // Images made from seeds and from `Fixtures`: layers are real gzip, graphs of every shape.
        images.room("ImageFixtures", ["OCI", "CZlib", crypto]),

        // Challenges, scopes, the keychain's seam and the token cache; asks a protocol for the exchange itself.
        client.room("RegistryAuth", ["OCI", "Waiting"]),

        // Programs of this machine, asked with bounds on time and output.
        client.room("OutsidePrograms"),

        // Requests on the wire: the only target that imports the HTTP client.
        client.room(
            "RegistryTransport",
            [
                "OCI", "Files", "Waiting", nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),

        // Where credentials are found: login files, credential helpers, Google's default credentials.
        client.room(
            "Keychain",
            ["OCI", "Waiting", "OutsidePrograms", "RegistryAuth", "RegistryTransport", crypto, cryptoExtras]),

        // The distribution protocol's verbs over a transport; a registry playing the content roles.
        client.room("Distribution", ["OCI", "Content", "Waiting", "RegistryAuth", "RegistryTransport", nioCore]),

        // Plans graphs, shares content over the whole run, schedules within lanes, retries, reports events.
        engine.room(
            "TransferEngine",
            [
                "OCI", "Content", "Waiting", nioCore,
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ]),

        // What runs leave for the next one, in a file of lines.
        engine.room("RunJournal", ["OCI", "Files", "Content", "TransferEngine"]),

        // What a run will need, read beforehand: divided between machines, and what it costs.
        engine.room("Planning", ["OCI", "Content", "TransferEngine"]),

        // The batch list: text lines to items, with file, line and column of what is wrong.
        references.room("BatchList", ["OCI"]),

        // Image references in Dockerfiles, manifests, charts and pipelines, each with the bytes that decide it. No I/O.
        references.room("Scanning", ["OCI"]),

        // Walks folders as git sees them, and reads whole files.
        references.room("FileTree"),

        // Scans of files and folders: several at once, and what files say of each other. What is found waits until all is read.
        references.room("FileScans", ["OCI", "CZstd", "Scanning", "FileTree"]),

        // Found references to edits of their bytes, and to patches. Knows no file format, no file system, no network.
        references.room("Rewriting", ["OCI", "BatchList", "Scanning"]),

        // Rewriting of whole folders: reads files and writes none. No terminal.
        references.room("FileRewrites", ["OCI", "Files", "Scanning", "FileTree", "FileScans", "Rewriting"]),

        // Overlays and mirror configurations that point to copies without editing files: findings in, texts out. No I/O.
        references.room("Overlays", ["OCI", "Scanning", "Rewriting"]),

        // Pictures as shapes, and shapes as SVG. No I/O.
        measuring.room("Charts"),

        // Exported pull logs to counts, limits, rankings and charts: bytes in, text and pictures out.
        measuring.room("PullLogs", ["OCI", "CZlib", "Charts"]),

        // Load on registries: what is asked when, how long it took, and what two measurements say of each other. Knows
        // stores by their roles.
        measuring.room(
            "Benchmarking",
            [
                "OCI", "Content", "TransferEngine", "ImageFixtures", nioCore,
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),

        // Accepting connections when a machine has none left to give. Knows no protocol's meaning.
        server.room("Listening", [nioCore, nioHTTP1]),

        // An OCI registry in this process, in memory or on disk. Never imports the client, so no shared mistake can hide.
        server.room("RegistryServer", ["OCI", "Files", "Listening", nioCore, nioPosix, nioHTTP1, nioSSL, crypto]),

        // Fault scripts wrapped around the embedded registry, and connections to it without sockets, for tests and tools.
        server.room("RegistryFaults", ["Files", "RegistryServer", nioCore, nioEmbedded, nioHTTP1]),

        // What the program was built from: the commit and the compiler, in C because only C takes texts from a command line.
        .target(name: "CBuild", path: program.path(of: "CBuild"), cSettings: buildFacts),

        // Engine events, findings and measurements to lines, JSON, progress and summaries.
        program.room(
            "Reporting",
            ["OCI", "Files", "Content", "TransferEngine", "Scanning", "Charts", "Benchmarking"], resources: reportPage),

        // The items of lists: what lines come to, a machine's part of them, what is asked and planned for them. No I/O.
        program.room(
            "ItemLists",
            ["OCI", "Content", "BatchList", "TransferEngine", "Planning", "PullLogs", "Reporting"]),

        // What commands do with registries beyond one request: trees of repositories, images for a platform, old images. Knows no
        // terminal, no file and no flag.
        program.room("RegistryTasks", ["OCI", "Content", "Distribution", "TransferEngine"]),

        // A run shown over HTTP while it goes on: its page, events for it, metrics. Knows no registry and no command.
        program.room("LiveView", ["OCI", "Listening", "Reporting", nioCore, nioPosix, nioHTTP1]),

        // Command lines as gcrane takes them: words to flags, arguments, help and errors. No I/O.
        program.room("GcraneSyntax", ["OCI"]),

        // Arguments, environment, signals and wiring: the only target that builds real adapters.
        program.room(
            "TransshipCommands",
            [
                "OCI", "Files", "Content", "Waiting", "LayerVerification", "OutsidePrograms", "RegistryAuth",
                "RegistryTransport", "Keychain", "Distribution", "TransferEngine", "RunJournal", "BatchList",
                "Planning", "PullLogs",
                "Scanning", "Rewriting", "Overlays", "FileTree", "FileScans", "FileRewrites", "ImageFixtures",
                "Benchmarking", "Reporting",
                "ItemLists", "RegistryTasks", "LiveView", "RegistryServer", "GcraneSyntax", "OCILayout",
                "DockerArchive", "ImageAssembly", "CBuild", "CZlib",
                nioCore, arguments,
            ]),

        // `@main`, nothing else.
        .executableTarget(
            name: "transship", dependencies: ["TransshipCommands"], path: program.path(of: "transship"),
            swiftSettings: settings, linkerSettings: linking),

        // What other packages build on, and the only target with anything public. The program does not depend on it.
        library.room(
            "TransshipKit",
            [
                "OCI", "Files", "Content", "LayerVerification", "OCILayout", "OutsidePrograms", "RegistryAuth",
                "RegistryTransport", "Keychain", "Distribution", "TransferEngine", "BatchList", nioCore, logging,
                .product(name: "DequeModule", package: "swift-collections"),
            ]),

        // Pushes fixture images into a registry, for the quickstart and the benchmarks.
        .executableTarget(
            name: "seed-registry",
            dependencies: ["OCI", "Distribution", "ImageFixtures", "Benchmarking", arguments],
            path: testing.path(of: "seed-registry"), swiftSettings: settings),

        // The trait by which tests name the protocol cases they prove.
        testing.room("ProtocolCases"),

        // Doubles shared by the tests: a manual clock, an in-memory store that objects, an event recorder.
        testing.room("TransshipTesting", ["OCI", "Content", "TransferEngine", nioCore, nioPosix]),

        tests("OCITests", ["ProtocolCases", "OCI", "TransshipTesting"]),
        tests("FilesTests", ["ProtocolCases", "Files"]),
        tests("WaitingTests", ["Waiting"]),
        tests("ContentTests", ["ProtocolCases", "OCI", "Content", nioCore]),
        tests(
            "LayerVerificationTests",
            ["ProtocolCases", "OCI", "CZlib", "Content", "LayerVerification", "ImageFixtures", nioCore]),
        tests("RegistryAuthTests", ["ProtocolCases", "OCI", "RegistryAuth", "TransshipTesting"]),
        tests("OutsideProgramsTests", ["ProtocolCases", "OutsidePrograms"]),
        tests(
            "KeychainTests",
            [
                "ProtocolCases", "OCI", "OutsidePrograms", "RegistryAuth", "RegistryTransport", "Keychain",
                "TransshipTesting", nioCore,
                crypto, cryptoExtras,
            ]),
        tests(
            "RegistryTransportTests",
            ["ProtocolCases", "RegistryTransport", "TransshipTesting", nioCore, nioEmbedded, nioPosix, nioHTTP1]),
        tests(
            "DistributionTests",
            [
                "ProtocolCases", "OCI", "Content", "Waiting", "RegistryAuth", "RegistryTransport", "Distribution",
                "TransferEngine", "Benchmarking",
                "RegistryServer",
                "RegistryFaults", "TransshipTesting", nioCore, nioHTTP1,
            ]),
        tests(
            "TransferEngineTests",
            [
                "ProtocolCases", "OCI", "Content", "LayerVerification", "TransferEngine", "TransshipTesting",
                "ImageFixtures", nioCore,
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        tests(
            "RunJournalTests", ["ProtocolCases", "OCI", "Content", "RunJournal", "TransferEngine", "TransshipTesting"]),
        tests("OCILayoutTests", ["OCI", "Files", "Content", "OCILayout", "TransshipTesting", nioCore]),
        tests("DockerArchiveTests", ["OCI", "Content", "DockerArchive", "TransshipTesting", nioCore]),
        tests("ImageAssemblyTests", ["OCI", "CZlib", "Content", "ImageAssembly", nioCore]),
        tests("BatchListTests", ["OCI", "BatchList", "TransshipTesting"]),
        tests("PlanningTests", ["OCI", "Content", "Planning", "TransshipTesting"]),
        tests("PullLogsTests", ["OCI", "Charts", "PullLogs", "TransshipTesting"]),
        tests("ScanningTests", ["OCI", "Scanning"]),
        tests(
            "BenchmarkingTests",
            ["OCI", "Content", "TransferEngine", "ImageFixtures", "Benchmarking", "TransshipTesting", nioCore]),
        tests("RewritingTests", ["OCI", "BatchList", "Scanning", "Rewriting"]),
        tests("OverlaysTests", ["OCI", "BatchList", "Scanning", "Rewriting", "Overlays"]),
        tests("FileTreeTests", ["FileTree"]),
        tests("FileScansTests", ["OCI", "Scanning", "FileScans"]),
        tests("FileRewritesTests", ["OCI", "Scanning", "FileScans", "Rewriting", "FileRewrites"]),
        tests(
            "ItemListsTests",
            ["OCI", "Content", "BatchList", "TransferEngine", "Planning", "Reporting", "ItemLists"]),
        tests("RegistryTasksTests", ["OCI", "Content", "Distribution", "TransferEngine", "RegistryTasks"]),
        tests(
            "ReportingTests",
            [
                "OCI", "Content", "TransferEngine", "BatchList", "Scanning", "Benchmarking", "Reporting",
                "TransshipTesting",
            ], exclude: ["Screens"]),
        tests("LiveViewTests", ["OCI", "Reporting", "LiveView", nioCore, nioEmbedded, nioPosix, nioHTTP1]),
        tests("ListeningTests", ["Listening", nioCore, nioEmbedded]),
        tests(
            "RegistryServerTests",
            ["OCI", "RegistryServer", "RegistryFaults", nioCore, nioEmbedded, nioPosix, nioHTTP1]),
        tests(
            "TransshipKitTests",
            [
                "TransshipKit", "OCI", "Content", "Distribution", "TransferEngine", "RegistryServer", "RegistryFaults",
                "TransshipTesting", nioCore, nioHTTP1, logging,
            ]),
        tests("GcraneSyntaxTests", ["GcraneSyntax"]),
        tests("ImageFixturesTests", ["OCI", "ImageFixtures", "CZlib"]),
        tests(
            "FuzzerTests",
            [
                "OCI", "Files", "Content", "LayerVerification", "OCILayout", "DockerArchive", "ImageAssembly",
                "RegistryAuth", "RegistryTransport", "Keychain", "Distribution", "TransferEngine", "RunJournal",
                "BatchList", "PullLogs", "FileTree", "GcraneSyntax", "Scanning", "Rewriting", "Reporting",
                "RegistryServer", "RegistryFaults", nioCore, nioEmbedded, nioHTTP1,
            ]),
        tests("ArchitectureTests", [], exclude: ["PublicSymbols.txt"]),
        tests(
            "IntegrationTests",
            [
                "ProtocolCases", "OCI", "Content", "Distribution", "RegistryServer", "RegistryFaults", "ImageFixtures",
                "TransshipTesting", nioCore, nioHTTP1,
            ],
            exclude: [
                "Transcripts/Shared", "Transcripts/Own", "Browser", "Pages/programs", "Pages/tunnel.py",
                "Scripts/Public",
                "Scripts/content.py", "Scripts/steps.py",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

if let fuzzerRuntime, let tests = package.targets.firstIndex(where: { $0.name == "FuzzerTests" }) {
    package.targets += fuzz(fuzzerRuntime, package.targets.remove(at: tests))
}
