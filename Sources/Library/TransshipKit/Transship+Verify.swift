// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

extension Transship {
    /// Looks whether targets have what their sources have, whole; changes nothing.
    ///
    /// Everything is looked at once, however many images share it.
    ///
    /// - Parameters:
    ///   - items: what should have been copied.
    ///   - options: how closely.
    /// - Returns: a result for each item, in the order of the items. What was not looked at when the task was cancelled is
    ///   ``VerifyStatus/failed``.
    public func verify(_ items: [CopyItem], options: VerifyOptions = VerifyOptions()) async -> [VerifyResult] {
        await run(items.map { VerifySubject($0) }, options, telling: nil)
    }

    /// Looks whether images are whole, whatever they are; changes nothing.
    ///
    /// - Parameters:
    ///   - images: where to look.
    ///   - options: how closely.
    /// - Returns: a result for each image, in the order of the images. What was not looked at when the task was cancelled is
    ///   ``VerifyStatus/failed``.
    public func verify(images: [ImageReference], options: VerifyOptions = VerifyOptions()) async -> [VerifyResult] {
        await run(images.map { VerifySubject($0) }, options, telling: nil)
    }

    /// Verifies as ``verify(_:options:)`` does, and tells what happens meanwhile.
    ///
    /// - Parameters:
    ///   - items: what should have been copied.
    ///   - options: how closely.
    ///   - isolation: the actor that calls; leave it out.
    ///   - read: gets the events, where the call stands. It can return early; then the rest is not told, and the run goes on.
    /// - Returns: a result for each item, in the order of the items.
    /// - Throws: what `read` throws. The run was cancelled then, and has ended.
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
            paused: { [log] store, length in
                log.pause(of: store, for: length)
                await buffer?.put(.paused(registry: store.publicName, for: length))
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
