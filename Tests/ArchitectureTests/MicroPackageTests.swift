// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The micro-benchmarks measure what the product ships only while they build the same rooms from the same versions.
@Suite struct MicroPackageTests {
    private let product = SourceTree.checkout.manifest
    private let micro = SourceTree.checkout.microManifest

    @Test func `takes the product's versions`() {
        let versions = Self.packages(in: micro)
        #expect(!versions.isEmpty)
        #expect(versions.isSubset(of: Self.packages(in: product)))
    }

    @Test func `builds its rooms from what the product builds them from`() {
        let rooms = PackageTable(manifest: micro).targets.filter { $0.name != "micro" }
        let table = PackageTable(manifest: product)
        #expect(rooms.count > 1)
        for room in rooms {
            #expect(Set(room.dependencies) == Set(table[room.name]?.dependencies ?? ["missing"]), "\(room.name)")
        }
    }

    private static func packages(in manifest: String) -> Set<String> {
        Set(manifest.matches(of: /\.package\(url: [^)]*\)/).map { String($0.output) })
    }
}
