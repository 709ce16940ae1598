// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import OCI
import RegistryTasks
import Reporting

struct TagCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec("tag", "IMG TAG", .exactly(2), summary: "give an image in a registry another tag")
        spec.notes = [
            "Two requests, whatever the image's size: its manifest is read and stored under the tag. An index stays whole."
        ]
        spec.examples = [.init("Call a version latest", "tag registry.example/app:v1 latest")]
        return spec
    }

    func run() async throws {
        let (image, tag) = (job.arguments[0], job.arguments[1])
        try await job.reading(image) { reference, store in
            let reader = ImageReader(store: store, reference: reference)
            let content = try await wrapping("fetching \"\(image.displayable)\"") {
                try await reader.manifest(for: nil)
            }
            let newTag: Tag
            do throws(ReferenceError.Reason) { newTag = try Tag(tag) } catch { throw CommandFailure(error.text) }
            try await store.put(content, as: content.mediaType, at: .tag(newTag), in: reference.repository)
            let size = content.bytes.count
            job.log.line("\(reference.repositoryName):\(newTag): digest: \(content.digest) size: \(size)")
        }
    }
}

struct DeleteCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec("delete", "IMAGE", .exactly(1), summary: "delete a tag or a manifest from its registry")
        spec.notes = ["The tag or digest is deleted as given. Some registries delete by digest only."]
        spec.examples = [.init("Take a tag away", "delete registry.example/app:old")]
        return spec
    }

    func run() async throws {
        try await job.reading(job.arguments[0]) { reference, store in
            try await store.delete(reference.selector, in: reference.repository)
        }
    }
}
