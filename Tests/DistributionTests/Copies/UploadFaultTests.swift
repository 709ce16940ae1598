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
import TransshipTesting

/// Whole copies whose target breaks off, forgets or refuses.
@Suite struct UploadFaultTests {
    private static let size = 300_000
    private let image = StageImage(layers: [size])
    private var layer: String { image.blobs[1].descriptor.digest.text }

    private func target(_ rules: FaultRule...) -> StageSide { StageSide(rules: rules) }

    private func commit(_ hits: FaultRule.Hits, _ fault: Fault) -> FaultRule {
        FaultRule(RequestMatch(.PUT, .upload, reference: layer), hits, fault)
    }

    private func inPieces(_ settings: inout TransferSettings) {
        (settings.pieces.worthwhile, settings.pieces.size) = (200_000, 100_000)
    }

    /// The layer is committed by one request that the registry carried out.
    private func commits(_ stage: CopyStage) -> Int {
        stage.target.requests.count { $0.query["digest"] == layer && $0.method == .PUT && $0.status == .created }
    }

    // MARK: In one request

    @Test(.covers("U14", "L06"), arguments: [0, 1, 100_000, size - 1])
    func `an upload that is reset begins again in a new session`(byte: Int) async throws {
        try await withCopyStage(image, to: target(commit(.first(1), .cutRequest(.reset, afterBytes: Int64(byte))))) {
            stage in
            #expect(await stage.copyOne() == nil)
            #expect(commits(stage) == 1)
            let sessions = stage.target.requests.filter { $0.query["digest"] == layer && $0.method == .PUT }
            #expect(sessions.count == 2 && Set(sessions.map(\.path)).count == 2)
            // Two blobs, one of them twice. Where the config arrives before the layer begins again, the registry is asked whether
            // it mounts the config.
            let questions = stage.target.requests.count { $0.query["mount"] == image.blobs[0].descriptor.digest.text }
            #expect(questions <= 1 && stage.target.count("POST uploadStart") == 3 + questions)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("L06", "U05", "U13")) func `a target that answers 413 in the middle of a body is given pieces`()
        async throws
    {
        let image = StageImage(layers: [8 << 20])
        var habits = RegistryHabits()
        habits.bodyLimit = 5 << 20
        try await withCopyStage(image, to: StageSide(habits: habits)) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(stage.target.count("PUT upload", answered: [413]) == 1)
            #expect(stage.target.count("PATCH upload", answered: [202]) == 2)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(
        .covers("L07"),
        arguments: [
            (#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#, 404),
            (#"{"errors":[{"code":"BLOB_UPLOAD_INVALID"}]}"#, 404), ("", 404), ("", 410),
        ])
    func `a session that is lost is replaced, some times`(body: String, status: Int) async throws {
        let lost = Fault.answer(HTTPResponseStatus(statusCode: status), body: body)
        try await withCopyStage(image, to: target(commit(.first(1), lost))) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(commits(stage) == 1)
            try await stage.expectArrival(of: image)
        }
        try await withCopyStage(image, to: target(commit(.always, lost))) { stage in
            let failure = await stage.copyOne()
            #expect(failure?.side == .target && failure?.cause.status == status)
            #expect(failure?.attempts == 5)
            try await stage.expectUntouched(by: image, blobs: false)
        }
    }

    @Test(
        .covers("L08"),
        arguments: [
            (Fault.replaceAnswer(.internalServerError), true), (.answer(.gatewayTimeout), false),
            (.cutResponse(.reset, afterBytes: nil), true), (.cutRequest(.close, afterBytes: 299_999), false),
        ])
    func `a commit whose answer is an error or gets lost stores the blob once`(
        fault: Fault, hasLanded: Bool
    ) async throws {
        try await withCopyStage(image, to: target(commit(.first(1), fault))) { stage in
            #expect(await stage.copyOne() == nil)
            let sent = stage.target.requests.count { $0.query["digest"] == layer && $0.method == .PUT }
            #expect(sent == (hasLanded ? 1 : 2))
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("B08")) func `a blob of another size at the target is sent again`() async throws {
        let rules = [
            commit(.first(1), .replaceAnswer(.badGateway)),
            // Before it is sent, and after.
            FaultRule(RequestMatch(.HEAD, .blob, reference: layer), .first(2), .announceLength(7)),
            FaultRule(RequestMatch(.GET, .blob, reference: layer), .first(2), .header("Content-Range", "bytes 0-0/7")),
            // Whoever asked for a mount would be told that it is there.
            FaultRule(RequestMatch(.POST, .uploadStart, reference: layer), .always, .answer(.forbidden)),
        ]
        try await withCopyStage(image, to: StageSide(rules: rules)) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(stage.target.requests.count { $0.query["digest"] == layer && $0.method == .PUT } == 2)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("U16"), arguments: [1, 99])
    func `a target that takes right bytes for wrong ones gets them again, at most four times`(
        times: Int
    ) async throws {
        let wrong = Fault.answer(.badRequest, body: #"{"errors":[{"code":"DIGEST_INVALID","message":"no"}]}"#)
        try await withCopyStage(image, to: target(commit(.first(times), wrong))) { stage in
            let failure = await stage.copyOne()
            if times == 1 {
                #expect(failure == nil)
                try await stage.expectArrival(of: image)
            } else {
                #expect(failure?.side == .target && failure?.attempts == 4)
                #expect(failure?.cause.codes == ["DIGEST_INVALID"])
                try await stage.expectUntouched(by: image, blobs: false)
            }
        }
    }

    @Test(.covers("U18")) func `a target without uploads in one POST gets the bytes by PUT`() async throws {
        try await withCopyStage(image, to: StageSide(habits: .distribution)) { stage in
            #expect(await stage.copyOne() == nil)
            let posts = stage.target.requests.filter { $0.subject == .uploadStart }
            #expect(posts.allSatisfy { $0.query["digest"] == nil && $0.status == .accepted })
            #expect(posts.count == 2)
            #expect(stage.target.count("PUT upload") == 2)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("L30"), arguments: [408, 499, 522, 524])
    func `a proxy's timeoutStatuses is waited out`(status: Int) async throws {
        let fault = Fault.answer(HTTPResponseStatus(statusCode: status))
        try await withCopyStage(image, to: target(commit(.first(2), fault))) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(commits(stage) == 1)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("L30")) func `a proxy that gives up twice is given smaller bodies`() async throws {
        let image = StageImage(layers: [4 << 20])
        let rule = FaultRule(
            RequestMatch(.PUT, .upload, reference: image.blobs[1].descriptor.digest.text), .first(2),
            .answer(HTTPResponseStatus(statusCode: 524)))
        try await withCopyStage(image, to: target(rule)) { stage in
            #expect(await stage.copyOne() == nil)
            let pieces = stage.target.requests.filter { $0.method == .PATCH }
            #expect(pieces.count == 2)
            #expect(pieces.allSatisfy { $0.headers["Content-Length"] == ["\(2 << 20)"] })
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("L29")) func `twenty uploads whose connections end at once are sent again, each once`() async throws {
        let ends = FaultRule(RequestMatch(.PUT, .upload), .first(20), .cutRequest(.reset, afterBytes: 400))
        try await withCopyStage(to: target(ends)) { stage in
            let images = (0..<20).map { StageImage(layers: [5_000], seed: UInt8($0)) }
            let places = try (0..<20).map { try Repository("team/app\($0)") }
            for (image, place) in zip(images, places) { try await image.push(to: stage.source.store, place) }
            let reports = await stage.copy(places.map { stage.item($0) }, mounts: true)
            #expect(reports.values.allSatisfy { $0.failure == nil } && reports.count == 20)
            #expect(stage.target.count("PUT upload", answered: [201]) == 40)
            for (image, place) in zip(images, places) { try await stage.expectArrival(of: image, in: place) }
        }
    }

    // MARK: In pieces

    @Test(
        .covers("U08", "U09"),
        arguments: [HTTPHeaders(), ["Range": "0-99999", "Location": "/v2/team/app/blobs/uploads/elsewhere"]])
    func `a piece that is out of order goes on from what the target has, or from the beginning`(
        headers: HTTPHeaders
    ) async throws {
        let rule = FaultRule(
            RequestMatch(.PATCH, .upload), .nth(2), .answer(.rangeNotSatisfiable, headers: headers))
        try await withCopyStage(image, to: target(rule)) { stage in
            #expect(await stage.copyOne(inPieces) == nil)
            // Three pieces, and the one that was refused.
            #expect(stage.target.count("PATCH upload") == 4)
            #expect(stage.target.count("GET upload") == 1)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("U10")) func `a target that says 0-0 of what it has gets the blob from its beginning`() async throws {
        try await withCopyStage(
            image,
            to: target(
                FaultRule(RequestMatch(.PATCH, .upload), .nth(2), .answer(.badGateway)),
                FaultRule(RequestMatch(.GET, .upload), .always, .header("Range", "0-0")))
        ) { stage in
            #expect(await stage.copyOne(inPieces) == nil)
            #expect(stage.target.count("PATCH upload", answered: [202]) == 4)
            #expect(stage.target.count("DELETE upload") == 1)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("L07"), arguments: [1, 2, 3]) func `a session that is lost between pieces is replaced`(
        piece: Int
    ) async throws {
        let rules = [FaultRule(RequestMatch(.PATCH, .upload), .nth(piece), .answer(.notFound))]
        try await withCopyStage(image, to: StageSide(rules: rules)) { stage in
            #expect(await stage.copyOne(inPieces) == nil)
            try await stage.expectArrival(of: image)
        }
    }

    // MARK: Manifests

    @Test(.covers("L16", "X07")) func `a manifest whose blobs are unknown for 3 s is sent until they are known`()
        async throws
    {
        var habits = RegistryHabits()
        (habits.replicaLag, habits.replicas) = (.seconds(3), 1)
        try await withCopyStage(image, to: StageSide(habits: habits)) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(stage.clock.now >= .seconds(3) && stage.clock.now < .seconds(5))
            #expect(stage.target.count("PUT upload") == 2)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("F07")) func `a type of manifest that the target does not take is reported with its words`()
        async throws
    {
        let body = #"{"errors":[{"code":"MANIFEST_INVALID","message":"unsupported artifact type"}]}"#
        let rule = FaultRule(RequestMatch(.PUT, .manifest), .always, .answer(.badRequest, body: body))
        try await withCopyStage(image, to: target(rule)) { stage in
            let failure = await stage.copyOne()
            #expect(failure?.side == .target && failure?.cause.message.contains("unsupported artifact type") == true)
            #expect(stage.target.count("PUT manifest") == 3)
            try await stage.expectUntouched(by: image, blobs: false)
        }
    }

    @Test(.covers("L22"), arguments: [HTTPResponseStatus.internalServerError, .insufficientStorage])
    func `a target that refuses every blob is left alone after some`(status: HTTPResponseStatus) async throws {
        let full = Fault.answer(status, body: #"{"errors":[{"code":"UNKNOWN","message":"no space left on device"}]}"#)
        try await withCopyStage(to: target(FaultRule(RequestMatch(.PUT, .upload), .always, full))) { stage in
            let places = try (0..<24).map { try Repository("team/app\($0)") }
            for (number, place) in places.enumerated() {
                try await StageImage(layers: [700], seed: UInt8(number)).push(to: stage.source.store, place)
            }
            let reports = await stage.copy(places.map { stage.item($0) }) { $0.jobs = 4 }
            #expect(reports.count == 24 && reports.values.allSatisfy { $0.failure?.side == .target })
            #expect(reports.values.allSatisfy { $0.failure?.cause.message.contains("no space left") == true })
            // Of those four that are under way at once, and of one that began when the first had failed.
            #expect(
                stage.target.count("PUT upload") <= 2 * 5 * RetryPolicy().attempts,
                "\(stage.target.count("PUT upload")) uploads")
        }
    }

    // MARK: Everything at once

    @Test(.covers("L32"))
    func `with faults in every twentieth request all images arrive, for at most half again as many requests`()
        async throws
    {
        let places = try (0..<24).map { try Repository("team/app\($0)") }
        let images = (0..<24).map { StageImage(layers: [4_000, 2_000 + $0 % 5], seed: UInt8($0)) }
        let smooth = try await requests(images, places, seed: nil)
        for seed in [1, 2] as [UInt64] {
            let rough = try await requests(images, places, seed: seed)
            #expect(rough * 2 <= smooth * 3, "\(rough) requests instead of \(smooth)")
        }
    }

    private func requests(_ images: [StageImage], _ places: [Repository], seed: UInt64?) async throws -> Int {
        try await withCopyStage { stage in
            for (image, place) in zip(images, places) { try await image.push(to: stage.source.store, place) }
            stage.source.faults.forgetRequests()
            if let seed {
                stage.source.faults.replaceRules(Self.everything(Self.reading, seed))
                stage.target.faults.replaceRules(Self.everything(Self.writing, seed &+ 100))
            }
            let reports = await stage.copy(places.map { stage.item($0) })
            for (number, report) in reports {
                #expect(report.failure == nil, "image \(number): \(report.failure?.description ?? "")")
            }
            let count = stage.source.requests.count + stage.target.requests.count
            for (image, place) in zip(images, places) { try await stage.expectArrival(of: image, in: place) }
            return count
        }
    }

    /// Five faults for each kind of request, each in one of a hundred: together in every twentieth.
    private static func everything(_ matches: [RequestMatch], _ seed: UInt64) -> [FaultRule] {
        let common: [Fault] = [
            .answer(.internalServerError), .answer(.serviceUnavailable),
            .answer(.tooManyRequests, headers: ["Retry-After": "2"]), .cutResponse(.reset, afterBytes: nil),
        ]
        return matches.enumerated().flatMap { number, match in
            let own: Fault =
                switch (match.method, match.subject) {
                case (.GET?, .blob?): .corrupt(atByte: 50)
                case (.PUT?, .upload?): .cutRequest(.reset, afterBytes: 100)
                default: .answer(.badGateway)
                }
            return (common + [own]).enumerated().map { position, fault in
                let seed = seed &* 1_000 &+ UInt64(number * 10 + position)
                return FaultRule(match, .chance(percent: 1, seed: seed &* 7_919), fault)
            }
        }
    }

    private static let reading = [RequestMatch(.GET, .blob), RequestMatch(.GET, .manifest)]
    private static let writing = [
        RequestMatch(.HEAD, .manifest), RequestMatch(.POST, .uploadStart), RequestMatch(.PUT, .upload),
        RequestMatch(.PUT, .manifest),
    ]
}
