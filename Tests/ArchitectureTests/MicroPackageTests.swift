// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The micro-benchmarks measure what the product ships only while they build the same rooms from the same versions.
@Suite struct MicroPackageTests {
    private let product = SourceTree.checkout.manifest
    private let micro = SourceTree.checkout.microManifest

    @Test func `takes the product's versions`() {
        let versions = Self.packages(in: micro)
        let shared = versions.filter { !$0.contains("ordo-one/benchmark") }
        #expect(shared.count > 1 && shared.count < versions.count)
        #expect(shared.isSubset(of: Self.packages(in: product)))
    }

    @Test func `builds its rooms from what the product builds them from`() {
        let rooms = PackageTable(manifest: micro).targets.filter {
            !["HotPaths", "Paths", "counted"].contains($0.name)
        }
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
