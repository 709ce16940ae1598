// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// What another package writes to build on transship. `Tools/docs --example` builds it.

import PackageDescription

let package = Package(
    name: "mirror-daemon",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "transship", path: "../../..")],
    targets: [
        .executableTarget(
            name: "mirror-daemon", dependencies: [.product(name: "TransshipKit", package: "transship")])
    ],
    swiftLanguageModes: [.v6]
)
