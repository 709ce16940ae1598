// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryFaults
import RegistryServer
import Testing
import TransferEngine

/// Copies of images with what refers to them, to registries that list referrers and to those that need a tag for it.
@Suite struct ReferrerCopyTests {
    private let image = StageImage(layers: [700])

    private func referrer(_ seed: UInt8, of subject: StageImage) -> StageImage {
        let about = StageImage.json(descriptor(of: subject.root), subject.root.mediaType.essence)
        return StageImage(
            layers: [100], seed: seed, layerType: "application/vnd.example.note", more: #","subject":\#(about)"#)
    }

    private func fallbackTag(_ image: StageImage) throws -> OCI.Tag { try Tag("sha256-\(image.root.digest.hex)") }

    private func list(_ images: [StageImage]) -> StageImage {
        StageImage(
            manifest: String(decoding: StageImage(index: images).root.bytes, as: UTF8.self),
            .ociIndex, blobs: [])
    }

    /// What the target's tag in place of a list names.
    private func listed(_ stage: CopyStage) async throws -> Set<Digest> {
        let index = try await stage.target.store.manifest(.tag(try fallbackTag(image)), in: .app)
        return Set(try Manifest(index.bytes, contentType: index.mediaType).children.map(\.digest))
    }

    @Test(.covers("R01", "R05", "R08"))
    func `referrers of every type arrive, and no tag is written where the target lists them`()
        async throws
    {
        let referrers = [referrer(11, of: image), referrer(12, of: image)]
        try await withCopyStage(image) { stage in
            for referrer in referrers {
                try await referrer.push(
                    to: stage.source.store, .app, tag: try Tag("r\(referrer.root.digest.hex.prefix(9))"))
            }
            #expect(await stage.copyOne { $0.referrers = .all } == nil)
            #expect(stage.source.requests.allSatisfy { $0.query["artifactType"] == nil })
            for referrer in referrers {
                let found = try await stage.target.store.summary(of: .digest(referrer.root.digest), in: .app)
                #expect(found != nil)
            }
            #expect(try await stage.target.store.summary(of: .tag(try fallbackTag(image)), in: .app) == nil)
        }
    }

    @Test(.covers("R02", "R04", "R07"), arguments: [true, false])
    func `a list that leads back to its subject comes to an end`(isTag: Bool) async throws {
        let note = referrer(13, of: image)
        let circle = list([image, note])
        try await withCopyStage(image, from: StageSide(habits: isTag ? .distribution : nil)) { stage in
            try await note.push(to: stage.source.store, .app, tag: try Tag("note"))
            if isTag {
                for subject in [image, note] {
                    try await circle.push(to: stage.source.store, .app, tag: try fallbackTag(subject))
                }
            } else {
                let answer = Fault.answer(
                    .ok, headers: ["Content-Type": MediaType.ociIndex.essence],
                    body: String(decoding: circle.root.bytes, as: UTF8.self))
                stage.source.faults.replaceRules([FaultRule(RequestMatch(.GET, .referrers), .always, answer)])
            }
            #expect(await stage.copyOne { $0.referrers = .all } == nil)
            try await stage.expectArrival(of: image)
            #expect(try await stage.target.store.summary(of: .digest(note.root.digest), in: .app) != nil)
        }
    }

    @Test(.covers("R09")) func `a tag in place of a list is merged with the one that is there`() async throws {
        let (old, new) = (referrer(14, of: image), referrer(15, of: image))
        let sides = StageSide(habits: .distribution)
        try await withCopyStage(image, from: sides, to: sides) { stage in
            try await new.push(to: stage.source.store, .app, tag: try Tag("new"))
            try await list([new]).push(to: stage.source.store, .app, tag: try fallbackTag(image))
            try await image.push(to: stage.target.store, .app)
            try await old.push(to: stage.target.store, .app, tag: try Tag("old"))
            try await list([old]).push(to: stage.target.store, .app, tag: try fallbackTag(image))
            #expect(await stage.copyOne { $0.referrers = .all } == nil)
            #expect(try await listed(stage) == [old.root.digest, new.root.digest])
        }
    }

    @Test(.covers("R06")) func `two copies that bring referrers of one image at once lose neither`() async throws {
        let (one, two) = (referrer(16, of: image), referrer(17, of: image))
        let sides = StageSide(habits: .distribution)
        try await withCopyStage(from: sides, to: sides) { stage in
            for (note, place) in [(one, Repository.app), (two, .other)] {
                try await image.push(to: stage.source.store, place)
                try await note.push(to: stage.source.store, place, tag: try Tag("note"))
                try await list([note]).push(to: stage.source.store, place, tag: try fallbackTag(image))
            }
            var second = stage.item(.other, .latest, to: .app)
            second.target.tag = try Tag("second")
            let reports = await stage.copy([stage.item(), second]) { $0.referrers = .all }
            #expect(reports.values.allSatisfy { $0.failure == nil } && reports.count == 2)
            #expect(try await listed(stage) == [one.root.digest, two.root.digest])
            for note in [one, two] {
                #expect(try await stage.target.store.summary(of: .digest(note.root.digest), in: .app) != nil)
            }
        }
    }
}
