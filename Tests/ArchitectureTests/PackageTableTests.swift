// SPDX-License-Identifier: Apache-2.0

import Testing

/// `Package.swift` is the page where the architecture is read; what it says must be true.
@Suite struct PackageTableTests {
    private let tree = SourceTree.checkout
    private let table = PackageTable(manifest: SourceTree.checkout.manifest)

    /// Modules that come with the compiler or the system.
    private static let given: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "Synchronization", "Testing", "XCTest",
        "Dispatch",
    ]

    static let targetNames = PackageTable(manifest: SourceTree.checkout.manifest).targets.map(\.name)

    @Test func `is read from the manifest`() {
        #expect(table.targets.first?.name == "OCI")
        #expect(table["RegistryTransport"]?.dependencies.contains("AsyncHTTPClient") == true)
        #expect(table["transship"]?.dependencies == ["TransshipCommands"])
    }

    @Test func `names every folder of sources and tests, and no other`() {
        let folders = Set((tree.sources + tree.tests).map(\.target))
        #expect(folders.union(["CZlib", "CZstd", "CBuild"]) == Set(Self.targetNames))
    }

    /// An import that is not declared builds only by luck of order.
    @Test(arguments: targetNames)
    func `declares what is imported, and only that`(target: String) throws {
        let imported = tree.modules(importedBy: target).subtracting(Self.given)
        let declared = Set(try #require(table[target]).dependencies)
        #expect(imported.subtracting(declared) == [], "imported, not declared")
        #expect(declared.subtracting(imported) == [], "declared, not imported")
    }

    /// The list climbs: whoever reads it from the top never meets a name that was not introduced.
    @Test func `lets targets depend only on targets above them`() {
        var above: Set<String> = []
        let names = Set(Self.targetNames)
        for target in table.targets {
            #expect(names.intersection(target.dependencies).isSubset(of: above), "\(target.name)")
            above.insert(target.name)
        }
    }
}
