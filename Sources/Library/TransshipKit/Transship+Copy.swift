// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

extension Transship {
    /// Copies images, each layer once to each target, and waits for the end of all.
    ///
    /// Failures of images are results; other images go on. When the task is cancelled, uploads under way are ended, and what
    /// had not arrived ends as ``CopyOutcome/failed(_:)`` of kind ``TransshipError/Kind/cancelled``. A tag is set only after
    /// everything it reaches is there, so at no moment can an incomplete image be pulled.
    ///
    /// - Parameters:
    ///   - items: what to copy. Two items should not write the same tag.
    ///   - options: how.
    /// - Returns: a result for each item, in the order of the items.
    public func copy(_ items: [CopyItem], options: CopyOptions = CopyOptions()) async -> [CopyResult] {
        await run(items, options, telling: nil)
    }

    /// Copies images as ``copy(_:options:)`` does, and tells what happens meanwhile.
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
    ///   - items: what to copy. Two items should not write the same tag.
    ///   - options: how.
    ///   - isolation: the actor that calls; leave it out.
    ///   - read: gets the events, where the call stands: it may change the caller's variables. It can return early; then the rest
    ///     is not told, and the run goes on. See ``RunEvents`` for what happens when it reads slowly.
    /// - Returns: a result for each item, in the order of the items.
    /// - Throws: what `read` throws. The run was cancelled then, and has ended: uploads that were under way are ended, images
    ///   that had arrived stay.
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

    /// What copying these images would do and cost. Reads the manifests that a copy would read, and asks the targets what they have;
    /// moves no blob and changes nothing.
    ///
    /// - Parameters:
    ///   - items: what would be copied.
    ///   - options: how it would be copied; what content is ``CopyOptions/ExistingContent/proven`` or
    ///     ``CopyOptions/ExistingContent/replaced`` does not count here.
    /// - Returns: a plan for all items. After a cancellation the rest of them ends as ``CopyOutcome/failed(_:)``.
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

/// Passes on what somebody may want to read, and logs.
private struct CopyTeller: TransferObserver {
    let items: [CopyItem]
    /// nil: nobody reads.
    let buffer: EventBuffer<CopyEvent>?
    let log: RunLog

    func receive(_ event: TransferEvent) async {
        log.tell(event, of: items)
        if let buffer, let event = CopyEvent(event, of: items) { await buffer.put(event) }
    }
}
