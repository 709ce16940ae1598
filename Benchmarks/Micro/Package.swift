// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// A package of its own, so that the product pays for nothing here. It compiles the rooms it measures itself, from the folder that
// `Rooms` points to: what they share among each other is seen by one package only, and the product exports no library.
// Versions are those of the product's Package.swift.
//
// `benchmark` without its traits: they replace the allocator and the runtime's functions that count references, and with
// them the measured program would not be the shipped one.

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

/// A target of the product.
func room(_ name: String, in folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Rooms/\(folder)/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "transship-micro",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
    ],
    targets: [
        room("OCI", in: "Values"),
        .systemLibrary(name: "CZlib", path: "Rooms/Values/CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CZstd", path: "Rooms/Values/CZstd", pkgConfig: "libzstd"),
        room("Waiting", in: "Values"),
        room("Content", in: "Values", ["OCI", nioCore, crypto]),
        room("LayerVerification", in: "Values", ["OCI", "CZlib", "CZstd", "Content", nioCore, deque]),
        room(
            "TransferEngine", in: "Engine",
            [
                "OCI", "Content", "Waiting", nioCore, deque,
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ]),
        room("ImageFixtures", in: "Images", ["OCI", "CZlib", crypto]),
        .target(
            name: "Paths", dependencies: ["OCI", "Content", "TransferEngine", "ImageFixtures"], path: "Sources/Paths",
            swiftSettings: settings),
        .executableTarget(name: "counted", dependencies: ["Paths"], path: "Sources/counted", swiftSettings: settings),
        .executableTarget(
            name: "HotPaths",
            dependencies: [
                "OCI", "CZlib", "Content", "LayerVerification", "ImageFixtures", "Paths", nioCore, crypto,
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/HotPaths", swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ],
    swiftLanguageModes: [.v6]
)
