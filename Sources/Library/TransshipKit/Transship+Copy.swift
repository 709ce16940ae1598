// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

extension Transship {
    /// Copies images, each layer once to each target, and returns when all images have ended.
    ///
    /// The failure of an image is a result, and the other images continue. When the task is cancelled, open uploads are
    /// ended, and images that had not arrived end as ``CopyOutcome/failed(_:)`` of kind ``TransshipError/Kind/cancelled``.
    /// A tag is set only after everything that it reaches is there, so an incomplete image can never be pulled.
    ///
    /// - Parameters:
    ///   - items: the images to copy. Two items should not write the same tag.
    ///   - options: how to copy.
    /// - Returns: a result for each item, in the order of the items.
    public func copy(_ items: [CopyItem], options: CopyOptions = CopyOptions()) async -> [CopyResult] {
        await run(items, options, telling: nil)
    }

    /// Copies images as ``copy(_:options:)`` does, and reports events meanwhile.
    ///
    /// ```swift
    /// let results = await transship.copy(items) { events in
    ///     for await event in events {
    ///         if case .paused(let registry, let length) = event { print(registry, "pauses for", length) }
    ///     }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - items: the images to copy. Two items should not write the same tag.
    ///   - options: how to copy.
    ///   - isolation: the calling actor. Omit this argument.
    ///   - read: reads the events. It runs on the caller's actor, so it may change the caller's variables. If it returns
    ///     early, later events are dropped and the run continues. See ``RunEvents`` for what happens when it reads slowly.
    /// - Returns: a result for each item, in the order of the items.
    /// - Throws: the error of `read`. The run was cancelled then, and has ended: open uploads are ended, and images that
    ///   had arrived stay.
    public func copy<Failure: Error>(
        _ items: [CopyItem], options: CopyOptions = CopyOptions(), isolation: isolated (any Actor)? = #isolation,
        events read: (RunEvents<CopyEvent>) async throws(Failure) -> Void
    ) async throws(Failure) -> [CopyResult] {
        try await withEvents(
            isolation: isolation, of: { buffer in await self.run(items, options, telling: buffer) }, read: read)
    }

    private func run(
        _ items: [CopyItem], _ options: CopyOptions, telling buffer: EventBuffer<CopyEvent>?
    ) async -> [CopyResult] {
        let places = places(of: items)
        var run = TransferRun(
            items: items.map(\.transferItem), settings: options.settings(pace),
            observer: CopyTeller(items: items, buffer: buffer, log: log),
            inspector: options.verification.inspector, stores: places.stores)
        run.executors = places.executors
        return zip(items.indices, await run.execute()).map { position, report in
            report.map { CopyResult($0, of: items[position]) } ?? CopyResult(notBegun: items[position], at: position)
        }
    }

    /// Returns what a copy of these images would do, and its cost. Reads the manifests that a copy would read, and asks the
    /// targets what they have. Moves no blob and changes nothing.
    ///
    /// - Parameters:
    ///   - items: the images that would be copied.
    ///   - options: how they would be copied. ``CopyOptions/ExistingContent/proven`` and
    ///     ``CopyOptions/ExistingContent/replaced`` are ignored here.
    /// - Returns: a plan for all items. After a cancellation, the remaining items end as ``CopyOutcome/failed(_:)``.
    public func plan(_ items: [CopyItem], options: CopyOptions = CopyOptions()) async -> CopyPlan {
        let places = places(of: items)
        var settings = options.settings(pace)
        settings.existing = .trusted
        let transfers = items.map(\.transferItem)
        return CopyPlan(await DryRun(items: transfers, settings: settings, stores: places.stores).execute())
    }

    private func places(of items: [CopyItem]) -> Places {
        Places(items.lazy.flatMap { [$0.source, $0.target] }, over: network, and: stores)
    }
}

/// Passes events to the reader, and logs.
private struct CopyTeller: TransferObserver {
    let items: [CopyItem]
    /// nil: there is no reader.
    let buffer: EventBuffer<CopyEvent>?
    let log: RunLog

    func receive(_ event: TransferEvent) async {
        log.tell(event, of: items)
        if let buffer, let event = CopyEvent(event, of: items) { await buffer.put(event) }
    }
}
