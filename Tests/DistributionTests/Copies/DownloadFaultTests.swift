// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryAuth
import RegistryFaults
import RegistryServer
import Testing
import TransferEngine

/// Whole copies whose source breaks off, lies or sends readers to a host that does.
@Suite struct DownloadFaultTests {
    private static let size = 1_200_000
    private let image = StageImage(layers: [size])
    private var layer: String { image.blobs[1].descriptor.digest.text }

    private func source(_ rules: FaultRule...) -> StageSide { StageSide(rules: rules) }

    private func layerRule(_ hits: FaultRule.Hits, _ fault: Fault) -> FaultRule {
        FaultRule(RequestMatch(.GET, .blob, reference: layer), hits, fault)
    }

    private func reads(_ stage: CopyStage) -> [String?] {
        stage.source.requests.filter { $0.subject == .blob && $0.path.hasSuffix(layer) }.map {
            $0.headers.first(name: "Range")
        }
    }

    @Test(
        .covers("L01", "L05", "B02", "B05"), arguments: [ResponseCut.Manner.close, .reset],
        [1, 1 << 20, size / 2, size - 1])
    func `a download that breaks off goes on at its byte with one closed range`(
        manner: ResponseCut.Manner, byte: Int
    ) async throws {
        let rule = layerRule(.first(1), .cutResponse(manner, afterBytes: Int64(byte)))
        try await withCopyStage(image, from: source(rule)) { stage in
            #expect(await stage.copyOne() == nil)
            let ranges = reads(stage)
            #expect(ranges.count == 2 && ranges[0] == nil)
            #expect(ranges.last??.hasSuffix("-\(Self.size - 1)") == true)
            #expect(stage.target.count("PUT upload") == 2)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(
        .covers("B03", "B04"),
        arguments: [
            Fault.header("Content-Range", "bytes 7-99/100"), .header("Content-Range", "bytes 1000000-1199999/9"),
            .answer(.rangeNotSatisfiable),
        ])
    func `a source that continues with something else is read from its beginning`(fault: Fault) async throws {
        let broken = layerRule(.first(1), .cutResponse(.close, afterBytes: 1_000_000))
        let ranged = FaultRule(RequestMatch(.GET, .blob, header: "Range"), .always, fault)
        try await withCopyStage(image, from: source(broken, ranged)) { stage in
            #expect(await stage.copyOne() == nil)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("B06")) func `a download that breaks off after its last byte asks for nothing more`() async throws {
        let rule = layerRule(.first(1), .cutResponse(.close, afterBytes: Int64(Self.size)))
        try await withCopyStage(image, from: source(rule)) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(reads(stage) == [nil])
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("L02")) func `damaged bytes are read four times at most, and never committed`() async throws {
        try await withCopyStage(image, from: source(layerRule(.always, .corrupt(atByte: 1_100_000)))) { stage in
            let failure = await stage.copyOne()
            #expect(failure?.side == .source && failure?.cause.kind == .corrupt)
            #expect(reads(stage).count == 4)
            let layer = image.blobs[1].descriptor.digest.text
            #expect(!stage.target.requests.contains { $0.query["digest"] == layer && $0.status == .created })
            try await stage.expectUntouched(by: image, blobs: false)
            #expect(try await !stage.target.store.hasBlob(image.blobs[1].descriptor, in: .app))
        }
        try await withCopyStage(image, from: source(layerRule(.first(1), .corrupt(atByte: 1_100_000)))) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(reads(stage).count == 2)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("L03")) func `a length that is not the descriptor's ends the try before a byte is sent`() async throws
    {
        let half = Fault.shorten(toBytes: Int64(Self.size / 2))
        try await withCopyStage(image, from: source(layerRule(.always, half))) { stage in
            let failure = await stage.copyOne()
            #expect(failure?.side == .source && failure?.cause.message.contains("Content-Length") == true)
            #expect(reads(stage).count <= 4)
            let layer = image.blobs[1].descriptor.digest.text
            #expect(!stage.target.requests.contains { $0.method == .PUT && $0.query["digest"] == layer })
            try await stage.expectUntouched(by: image, blobs: false)
        }
        try await withCopyStage(image, from: source(layerRule(.first(1), half))) { stage in
            #expect(await stage.copyOne() == nil)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("L04"), arguments: [1, 9]) func `a page of the right length in a layer's place is found out`(
        times: Int
    ) async throws {
        let page = "<html>" + String(repeating: "x", count: Self.size - 6)
        let answer = Fault.answer(.ok, headers: ["Content-Type": "text/html"], body: page)
        try await withCopyStage(image, from: source(layerRule(.first(times), answer))) { stage in
            let failure = await stage.copyOne()
            if times == 1 {
                #expect(failure == nil)
                try await stage.expectArrival(of: image)
            } else {
                #expect(failure?.cause.kind == .corrupt)
                try await stage.expectUntouched(by: image, blobs: false)
                #expect(try await !stage.target.store.hasBlob(image.blobs[1].descriptor, in: .app))
            }
        }
    }

    @Test(.covers("B01", "B09")) func `a signed URL that expires is replaced by the registry`() async throws {
        try await withRegistry { storage in
            for blob in image.blobs { try await storage.store.push(blob, to: .app) }
            let expired = Fault.answer(
                .forbidden, headers: ["Content-Type": "application/xml"],
                body: "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
            storage.faults.replaceRules([
                layerRule(.nth(1), .cutResponse(.close, afterBytes: 1_000_000)), layerRule(.nth(2), expired),
            ])
            storage.faults.forgetRequests()
            let signed = storage.server.url + "/v2/team/app/blobs/\(layer)?X-Amz-Signature=s3cret"
            let login = StageSide(
                rules: [layerRule(.always, .redirect(to: signed))], users: ["u": "p"],
                credentials: FixedCredential("u", "p"))
            try await withCopyStage(image, from: login) { stage in
                #expect(await stage.copyOne() == nil)
                #expect(reads(stage).count == 3)
                #expect(storage.requests.allSatisfy { $0.headers["Authorization"].isEmpty })
                try await stage.expectArrival(of: image)
            }
        }
    }

    @Test(.covers("L31", "F05"), arguments: ["manifest", "child"])
    func `one bad image among many fails alone, and is named`(missing: String) async throws {
        try await withCopyStage { stage in
            var places: [Repository] = []
            for number in 0..<24 {
                let place = try Repository("team/app\(number)")
                places.append(place)
                if number == 17, missing == "manifest" { continue }
                try await StageImage(layers: [500], seed: UInt8(number)).push(to: stage.source.store, place)
            }
            if missing == "child" {
                let index = StageImage(index: [StageImage(layers: [500], seed: 17), StageImage(layers: [9], seed: 99)])
                try await index.push(to: stage.source.store, places[17])
                try await stage.source.store.delete(.digest(index.manifests[1].digest), in: places[17])
            }
            let reports = await stage.copy(places.map { stage.item($0) })
            #expect(reports.count == 24 && reports.values.count { $0.failure == nil } == 23)
            #expect(reports[17]?.failure?.side == .source && reports[17]?.failure?.cause.kind == .notFound)
            #expect(try await stage.target.store.summary(of: .tag(.latest), in: places[17]) == nil)
        }
    }

    @Test(.covers("M03")) func `another manifest than the digest asked for is not copied`() async throws {
        let child = StageImage(seed: 4)
        let index = StageImage(index: [child])
        let rule = FaultRule(
            RequestMatch(.GET, .manifest, reference: child.root.digest.text), .always, .corrupt(atByte: 5))
        try await withCopyStage(index, from: source(rule)) { stage in
            let failure = await stage.copyOne()
            #expect(failure?.side == .source && failure?.cause.kind == .corrupt)
            #expect(stage.target.count("PUT manifest") == 0)
            try await stage.expectUntouched(by: index)
        }
    }
}
