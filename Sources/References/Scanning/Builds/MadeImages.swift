// SPDX-License-Identifier: Apache-2.0

import OCI

/// What all files of a scan together say about names that are not images to pull: products of builds, and names that
/// every kustomization replaces.
package struct MadeImages: Sendable {
    private struct Claim: Hashable, Sendable {
        /// A folder with a slash at its end, including everything below; empty for all files; or one file.
        let place: String
        let users: BuildProduct.Users
        let tags: BuildProduct.Tags
        /// The Dockerfile in which the claim does not count.
        let madeOf: String?

        func holds(_ use: ProductUse, in file: String) -> Bool {
            guard tags.mayHold(use.tag) else { return false }
            // Somebody has to load the image, from wherever it was built.
            if use.isNeverPulled, users == .commands || users == .compose { return true }
            guard use.isAmong(users), madeOf != file || !use.kind.isDockerfile else { return false }
            return place.isEmpty || (place.hasSuffix("/") ? file.hasPrefix(place) : file == place)
        }
    }

    private var claims: [String: Set<Claim>] = [:]
    private var kustomizations = KustomizationGraph()
    private var soughtNames = SoughtNameIndex()

    package init() {}

    /// Adds the result of one file. The order of the files does not matter.
    package mutating func add(_ result: ScanResult, of file: String) {
        for product in result.products {
            let place = product.onlyFile.map { FilePath.resolved($0, from: file) }
            let claim = Claim(
                place: place ?? Self.folder(of: file, levelsUp: product.levelsUp), users: product.users,
                tags: product.tags, madeOf: product.madeOf.map { FilePath.resolved($0, from: file) })
            claims[product.name, default: []].insert(claim)
        }
        kustomizations.add(result, of: file)
        for sought in result.soughtNames { soughtNames.add(sought, of: file) }
    }

    /// Whether an image is made here. Call this after all files were added.
    package func holds(_ finding: Finding, in file: String) -> Bool {
        if finding.isBuilt { return true }
        return holds(ProductUse(finding), at: ContainerPlace(finding), in: file)
    }

    package func holds(_ use: ProductUse, at place: ContainerPlace, in file: String) -> Bool {
        // Podman's name for what is on the machine only (docs.podman.io, "podman-build").
        if use.name.hasPrefix("localhost/") || kustomizations.replaces(use, at: place, in: file) { return true }
        guard !use.isPinned, let claims = claims[use.name] else { return false }
        let path = FilePath.normalized(file)
        return claims.contains { $0.holds(use, in: path) }
    }

    /// Whether a kustomization finds an image by the name it has here. Call this after all files were added.
    package func isName(_ finding: Finding, in file: String) -> Bool {
        finding.isSought || kustomizations.looks(for: finding, in: file)
    }

    /// Whether a command searches for an image by the name it has here. Call this after all files were added.
    package func isSoughtByCommand(_ finding: Finding, in file: String) -> Bool {
        finding.image.map { soughtNames.holds($0, in: file) } ?? false
    }

    /// Whether a patch in a file may be applied to what another file names. Call this after all files were added.
    package func isPatched(_ file: String, by patch: String) -> Bool { kustomizations.leads(from: patch, to: file) }

    /// Whether a kustomization replaces a part of an image. Call this after all files were added.
    package func isOfReplacedParts(_ finding: Finding, in file: String) -> Bool {
        kustomizations.replacesPart(of: finding, in: file)
    }

    /// The folder of a file, or one above it, with a slash at its end. Empty for all files.
    private static func folder(of file: String, levelsUp: Int) -> String {
        var folder = FilePath.folder(of: FilePath.normalized(file))
        for _ in 0..<min(levelsUp, 64) where !folder.isEmpty && folder != "/" {
            folder = FilePath.folder(of: String(folder.dropLast()))
        }
        return folder
    }
}
