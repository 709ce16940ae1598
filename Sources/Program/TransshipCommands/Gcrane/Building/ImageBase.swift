// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import DockerArchive
import ImageAssembly
import OCI
import RegistryTasks
import Reporting
import TransferEngine

/// The image in a registry that another image is made from.
struct ImageBase: Sendable {
    let reference: Reference
    let store: RegistryStore
    let image: ImageReader.Image

    /// Reads the image's manifest and config. From an index, it takes the image for the platform (default linux/amd64).
    init(_ text: String, platform: Platform?, _ connections: Connections) async throws {
        reference = try text.reference("parsing reference")
        store = connections.store(reference.registry)
        image = try await ImageReader(store: store, reference: reference).image(for: platform)
    }

    func draft() throws -> ImageDraft {
        do throws(DocumentProblem) {
            return try ImageDraft(image.content, mediaType: image.manifest.mediaType, config: image.config)
        } catch { throw CommandFailure("\(error)") }
    }

    /// The image itself, for a command that turns out to change nothing.
    var unchanged: AssembledImage {
        AssembledImage(unchanged: image.content, of: store, in: reference.repository)
    }

    func assembled(_ draft: ImageDraft) -> AssembledImage {
        draft.assembled(over: store, in: reference.repository)
    }
}

extension GcraneCommand {
    /// Sends an image that was made here. What the target already has is not sent again.
    func send(_ image: AssembledImage, of base: Reference?, to target: Reference, _ connections: Connections)
        async throws
    {
        try target.checkTargetName()
        let item = CopyItem(made: image.manifest.digest, of: base, target: target)
        let log = CopyLog(items: [item.named]) { [log = job.log] in log.line($0) }
        let results = try await CopyRun(
            items: [item], platforms: nil, job: job, connections: connections, local: [item.source.store: image]
        ).execute(telling: log)
        if let failure = results.failure { throw CommandFailure(failure, hint: results.hint) }
    }

    /// Writes an image that was made here as an archive for `docker load`.
    func save(_ image: AssembledImage, as name: String, to path: String) async throws {
        try await wrapping("writing output \"\(path.displayable)\"") {
            let reference = try name.savedReference()
            let blobs = image.blobs
            let listing = ArchiveWriter.Listing(
                tags: [reference.archiveName], config: blobs[0], layers: Array(blobs.dropFirst()))
            var writer: ArchiveWriter
            do { writer = try ArchiveWriter(path) } catch { throw CommandFailure("\(error)".displayable) }
            try await writer.add(listing) { blob in
                let opened = try await image.blob(blob, in: .layout, from: 0)
                return VerifiedBlob(opened.bytes, expecting: blob)
            }
            try await writer.finish()
        }
    }
}

extension String {
    /// The name an archive gives its image.
    fileprivate func savedReference() throws -> Reference {
        do { return try bareReference() } catch var failure as CommandFailure {
            failure.messages = failure.messages.map { "parsing ref \"\(displayable)\": \($0)" }
            throw failure
        }
    }
}
