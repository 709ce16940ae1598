// SPDX-License-Identifier: Apache-2.0

import RegistryFaults
import Synchronization
import Testing
import TransshipKit
import TransshipTesting

@Suite struct CopyTests {
    @Test func `copies an image and says its digest and what was sent`() async throws {
        try await withStage { stage in
            let image = SampleImage(layers: ["one", "two"])
            try await stage.source.add(image)
            let results = await stage.transship.copy([try stage.item()])
            #expect(results.map(\.copied) == [image.rootDigest])
            #expect(results[0].blobs.sent == 3)
            #expect(results[0].blobs.bytesSent == image.blobs.values.reduce(0) { $0 + Int64($1.count) })
            #expect(try await stage.target.latest() == image.rootDigest)
            #expect(await stage.transship.verify([try stage.item()]).map(\.status) == [.whole])
        }
    }

    @Test func `says unchanged of what the target has`() async throws {
        try await withStage { stage in
            let image = SampleImage(layers: ["one"])
            try await stage.source.add(image)
            try await stage.target.add(image)
            let results = await stage.transship.copy([try stage.item()])
            #expect(results.map(\.outcome) == [.unchanged(try Digest(image.rootDigest))])
            #expect(results[0].blobs.bytesSent == 0)
        }
    }

    @Test func `sends a layer that many images share once`() async throws {
        try await withStage { stage in
            let names = (0..<20).map { "app\($0)" }
            for name in names {
                try await stage.source.add(SampleImage(layers: ["shared", name], name: name), as: name)
            }
            let results = await stage.transship.copy(try names.map { try stage.item($0) })
            #expect(results.allSatisfy { $0.copied != nil })
            #expect(results.map(\.position) == Array(0..<20))
            // Of each image a config and a layer, and the shared one.
            #expect(results.reduce(0) { $0 + $1.blobs.sent } == 2 * 20 + 1)
            #expect(results.reduce(0) { $0 + $1.blobs.mounted } == 19)
        }
    }

    @Test func `an image that fails does not stop the others`() async throws {
        try await withStage { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            let results = await stage.transship.copy([try stage.item("absent"), try stage.item()])
            #expect(results[0].error?.kind == .notFound)
            #expect(results[0].error?.side == .source)
            #expect(results[1].copied != nil)
        }
    }

    @Test func `copies one platform of an index under its own digest`() async throws {
        try await withStage { stage in
            let arm = SampleImage(layers: ["arm"], name: "arm")
            let index = SampleImage(index: [("linux/amd64", SampleImage(layers: ["amd"])), ("linux/arm64", arm)])
            try await stage.source.add(index)
            let item = try stage.item(platform: Platform("linux/arm64"))
            #expect(await stage.transship.copy([item]).map(\.copied) == [arm.rootDigest])
        }
    }

    @Test func `keeps another tag of the target and says what both sides have`() async throws {
        try await withStage { stage in
            let (old, new) = (SampleImage(layers: ["old"]), SampleImage(layers: ["new"]))
            try await stage.source.add(new)
            try await stage.target.add(old)
            var options = CopyOptions()
            options.keepsExistingTags = true
            let results = await stage.transship.copy([try stage.item()], options: options)
            let kept = CopyOutcome.kept(
                try Digest(old.rootDigest), offered: try Digest(new.rootDigest))
            #expect(results.map(\.outcome) == [kept])
        }
    }

    @Test func `repairs a target whose content is proven`() async throws {
        try await withStage { stage in
            let image = SampleImage(layers: ["one", "two"])
            try await stage.source.add(image)
            let items = [try stage.item()]
            _ = await stage.transship.copy(items)
            let layer = try #require(image.blobs.keys.first)
            try await stage.target.lose(layer)
            #expect(await stage.transship.verify(items).map(\.status) == [.incomplete])
            var options = CopyOptions()
            options.existing = .proven
            #expect(await stage.transship.copy(items, options: options)[0].blobs.sent == 1)
            #expect(await stage.transship.verify(items).map(\.status) == [.whole])
        }
    }

    @Test func `copies from a registry to a layout folder and on to another registry`() async throws {
        try await withFolder { folder in
            try await withStage { stage in
                let image = SampleImage(layers: ["one"])
                try await stage.source.add(image)
                let layout = try ImageReference("oci:\(folder)/images:app")
                let down = try CopyItem(from: stage.item().source, to: layout)
                let up = try CopyItem(from: layout, to: stage.item().target)
                #expect(await stage.transship.copy([down]).map(\.copied) == [image.rootDigest])
                #expect(await stage.transship.copy([up]).map(\.copied) == [image.rootDigest])
                #expect(await stage.transship.verify(images: [layout]).map(\.status) == [.whole])
            }
        }
    }

    @Test func `a cancelled task ends the run, and every item has a result`() async throws {
        try await withStage { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            stage.source.faults.replaceRules([FaultRule(RequestMatch(nil, .manifest), .always, .hang)])
            var options = CopyOptions()
            options.jobs = 1
            let items = try (0..<3).map { _ in try stage.item() }
            let results = await withTaskGroup(of: [CopyResult].self) { group in
                let begun = AsyncStream<Void>.makeStream()
                group.addTask { [options] in
                    await stage.transship.copy(items, options: options) { events in
                        for await event in events { if case .itemStarted = event { begun.continuation.yield() } }
                    }
                }
                for await _ in begun.stream { break }
                group.cancelAll()
                return await group.next() ?? []
            }
            #expect(results.map(\.error?.kind) == [.cancelled, .cancelled, .cancelled])
            #expect(results.last?.error?.attempts == 0)
            #expect(try await stage.target.latest() == nil)
        }
    }

    @Test func `lists the tags of a repository`() async throws {
        try await withStage { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            #expect(try await stage.transship.tags(of: "\(stage.source.authority)/team/app") == ["latest"])
            let error = await #expect(throws: TransshipError.self) {
                try await stage.transship.tags(of: "\(stage.source.authority)/team/absent")
            }
            #expect(error?.kind == .notFound)
        }
    }
}
