// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import Distribution
import ImageFixtures
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@main
struct SeedRegistry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed-registry",
        abstract: "Push fixture images into a registry, for the quickstart and the benchmarks.",
        discussion: """
            Blobs that are there already stay; others go up once and are mounted into the repositories that share them.

            EXAMPLE
              The migration guide's five images, and the list to copy them with:
                seed-registry 127.0.0.1:5000 --set guide --images-file images.txt
            """)

    @Argument(help: ArgumentHelp("The registry, HOST or HOST:PORT.", valueName: "registry"))
    var registry: String
    @Option(help: "Which images: \(Workload.allCases.map(\.rawValue).joined(separator: ", ")).")
    var set: Workload = .guide
    @Option(help: "Multiplies sizes or numbers of images, depending on the set.") var scale = 1.0
    @Option(help: ArgumentHelp("Make the benchmark sets with other content: any text.", valueName: "text"))
    var variant = ""
    @Option(help: ArgumentHelp("Path below which repositories are made.", valueName: "path")) var prefix = ""
    @Option(help: ArgumentHelp("Write the references of all images here, one a line.", valueName: "file"))
    var imagesFile: String?
    @Option(help: ArgumentHelp("The folder Fixtures of a checkout.", valueName: "folder")) var fixtures = "Fixtures"
    @Flag(help: "Tag lists of referrers, for a registry that keeps none of its own.") var referrersTags = false
    @Option(help: "Images pushed at once.") var jobs = 4

    func validate() throws {
        guard scale > 0 else { throw ValidationError("--scale must be above 0, not \(scale)") }
        guard jobs > 0 else { throw ValidationError("--jobs must be at least 1, not \(jobs)") }
        guard set != .guide || FileManager.default.fileExists(atPath: fixtures + "/layers") else {
            throw ValidationError("--fixtures: \"\(fixtures)\" is not a checkout's folder Fixtures")
        }
    }

    func run() async throws {
        var options = RegistryNetworkOptions()
        options.rootsPath = ProcessInfo.processInfo.environment["SSL_CERT_FILE"]
        let network = try RegistryNetwork(options: options)
        do {
            try await seed(RegistryHost(registry), network)
        } catch {
            await network.shutdown()
            throw error
        }
        await network.shutdown()
    }

    private func seed(_ host: RegistryHost, _ network: RegistryNetwork) async throws {
        let images = try set.images(scale: scale, variant: variant, files: FixtureFiles(fixtures: fixtures))
        let target = network.store(for: host, as: .target)
        let seeder = ImageSeeder(target: target, prefix: prefix, width: jobs, tagsReferrers: referrersTags)
        try await seeder.push(images)
        let references = images.flatMap { image in image.tags.map { "\(reference(image.repository)):\($0)\n" } }
        if let imagesFile { try TextFile.write(references.joined(), to: imagesFile) }
        print("pushed \(images.count) images to \(reference(""))")
    }

    private func reference(_ repository: String) -> String {
        [registry, prefix, repository].filter { !$0.isEmpty }.joined(separator: "/")
    }
}

extension Workload: ExpressibleByArgument {}
