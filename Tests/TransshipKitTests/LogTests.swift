// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import Logging
import OCI
import Synchronization
import Testing
import TransshipTesting

@testable import TransferEngine
@testable import TransshipKit

@Suite struct LogTests {
    private static let items: [CopyItem] = {
        guard let source = try? ImageReference("redis:7"), let target = try? ImageReference("r.example/redis:7"),
            let item = try? CopyItem(from: source, to: target)
        else { return [] }
        return [item]
    }()

    @Test func `is labelled transship`() { #expect(RunLog().logger.label == "transship") }

    @Test func `what no result tells is a notice, with constant words and the facts as metadata`() throws {
        let lines = LogLines()
        let log = RunLog(lines.logger)
        let (old, new) = (SampleImage(layers: ["old"]).root.digest, SampleImage(layers: ["new"]).root.digest)
        let store = StoreID(try RegistryHost("r.example"))
        let repository = try Repository("team/app")
        log.tell(.warning("goes away"), of: .dockerHub)
        log.tell(
            .signatureKept(try Tag("sha256-0.sig"), old, instead: new, at: store, repository, item: 0), of: Self.items)
        log.tell(
            .foreignLayerSkipped(Descriptor(mediaType: .octetStream, digest: old, size: 1), item: 0), of: Self.items)
        log.tell(
            .tagMoved(SourceTag(store: store, repository: repository, tag: .latest), from: old, to: new), of: Self.items
        )
        #expect(lines.all.allSatisfy { $0.level == .notice })
        #expect(
            lines.all.map(\.text) == [
                "registry warning registry=docker.io text=goes away",
                "signature kept digest=\(old) offered=\(new) repository=r.example/team/app tag=sha256-0.sig",
                "foreign layer skipped digest=\(old) target=r.example/redis:7",
                "tag moved from=\(old) repository=r.example/team/app tag=latest to=\(new)",
            ])
    }

    @Test func `what results and events tell is for debugging`() async throws {
        let lines = LogLines()
        try await withStage(log: RunLog(lines.logger)) { stage in
            let item = try stage.item("absent")
            _ = await stage.transship.copy([item])
            let failed = try #require(lines.all.first { $0.text.hasPrefix("image failed ") })
            #expect(failed.level == .debug)
            #expect(failed.text.contains(" kind=not-found source=\(item.source) target=\(item.target)"))
        }
        #expect(lines.all.allSatisfy { $0.level == .debug })
    }
}

/// Lines of a log, as they were written.
final class LogLines: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        /// The message, and metadata sorted by name.
        var text: String
    }

    private let lines = Mutex<[Line]>([])

    var all: [Line] { lines.withLock { $0 } }

    /// One that writes here, whatever the process has set up.
    var logger: Logger { Logger(label: RunLog.label) { _ in Handler(lines: self) } }

    private func add(_ line: Line) { lines.withLock { $0.append(line) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            lines.add(Line(level: event.level, text: "\(event.message)" + fields.joined()))
        }
    }
}
