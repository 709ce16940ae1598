// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

extension Transship {
    /// Checks that targets have what their sources have, and that it is complete. Changes nothing.
    ///
    /// Content that several images share is checked once.
    ///
    /// - Parameters:
    ///   - items: the images that should have been copied.
    ///   - options: how closely to check.
    /// - Returns: a result for each item, in the order of the items. An image that was not verified when the task was
    ///   cancelled is ``VerifyStatus/failed``.
    public func verify(_ items: [CopyItem], options: VerifyOptions = VerifyOptions()) async -> [VerifyResult] {
        await run(items.map { VerifySubject($0) }, options, telling: nil)
    }

    /// Checks that images are complete, without comparing them with a source. Changes nothing.
    ///
    /// - Parameters:
    ///   - images: the images to check.
    ///   - options: how closely to check.
    /// - Returns: a result for each image, in the order of the images. An image that was not verified when the task was
    ///   cancelled is ``VerifyStatus/failed``.
    public func verify(images: [ImageReference], options: VerifyOptions = VerifyOptions()) async -> [VerifyResult] {
        await run(images.map { VerifySubject($0) }, options, telling: nil)
    }

    /// Verifies as ``verify(_:options:)`` does, and reports events meanwhile.
    ///
    /// - Parameters:
    ///   - items: the images that should have been copied.
    ///   - options: how closely to check.
    ///   - isolation: the calling actor. Omit this argument.
    ///   - read: reads the events. It runs on the caller's actor. If it returns early, later events are dropped and the run
    ///     continues.
    /// - Returns: a result for each item, in the order of the items.
    /// - Throws: the error of `read`. The run was cancelled then, and has ended.
    public func verify<Failure: Error>(
        _ items: [CopyItem], options: VerifyOptions = VerifyOptions(), isolation: isolated (any Actor)? = #isolation,
        events read: (RunEvents<VerifyEvent>) async throws(Failure) -> Void
    ) async throws(Failure) -> [VerifyResult] {
        let subjects = items.map { VerifySubject($0) }
        return try await withEvents(
            isolation: isolation, of: { buffer in await self.run(subjects, options, telling: buffer) }, read: read)
    }

    private func run(
        _ subjects: [VerifySubject], _ options: VerifyOptions, telling buffer: EventBuffer<VerifyEvent>?
    ) async -> [VerifyResult] {
        let places = Places(subjects.flatMap { [$0.source, $0.target].compactMap(\.self) }, over: network, and: stores)
        var audit = Audit(
            settings: options.settings(pace), inspector: options.verification.inspector,
            paused: { [log] store, pause, _ in
                log.pause(of: store, for: pause.length)
                await buffer?.put(.paused(registry: store.publicName, for: pause.length))
            }, stores: places.stores)
        if let buffer {
            audit.reported = { found in
                let result = VerifyResult(found.report, of: subjects[found.item], at: found.item)
                await buffer.put(.itemFinished(result))
            }
        }
        return zip(subjects.indices, await audit.execute(subjects.map(\.item))).map { position, report in
            report.map { VerifyResult($0, of: subjects[position], at: position) }
                ?? VerifyResult(stopped: subjects[position], at: position)
        }
    }
}
