package import Content

/// Looks whether everything that images reach is at the target, byte for byte where it is read; changes nothing.
///
/// A manifest counts when its bytes have its digest, a blob when the target says it has one of that size, or, with an
/// inspector, when its bytes were read and are right. Everything is looked at once, however many images share it.
package struct Audit: Sendable {
    package var settings: TransferSettings
    package var clock: any TransferClock
    /// nil: blobs are asked for, not read.
    package var inspector: (any ImageInspector)?
    package var stores: @Sendable (StoreID, TransferSide) -> any ContentTarget

    package init(
        settings: TransferSettings, clock: any TransferClock = SystemTransferClock(), inspector: (any ImageInspector)?,
        stores: @escaping @Sendable (StoreID, TransferSide) -> any ContentTarget
    ) {
        self.settings = settings
        self.clock = clock
        self.inspector = inspector
        self.stores = stores
    }

    /// Looks at all items, some at once; `receive` gets each report as it is ready, with the item's position.
    ///
    /// Ends early when the task is cancelled: what was under way then is not reported.
    package func execute(
        _ items: [AuditItem], receive: @escaping @Sendable (Int, AuditReport) -> Void
    ) async {
        let walk = AuditWalk(self)
        await items.indices.forEach(atOnce: settings.jobs) { position in
            let report = await walk.report(on: items[position])
            if !Task.isCancelled { receive(position, report) }
        }
    }
}

extension Collection where Self: Sendable, Element: Sendable {
    /// Calls `body` for each element, so many at once.
    func forEach(atOnce width: Int, _ body: @escaping @Sendable (Element) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for (position, element) in enumerated() {
                if position >= Swift.max(1, width) { await group.next() }
                group.addTask { await body(element) }
            }
        }
    }

    /// The sum of what `body` finds for each element, so many at once.
    func findings(
        atOnce width: Int, _ body: @escaping @Sendable (Element) async -> AuditFindings
    ) async -> AuditFindings {
        await withTaskGroup(of: AuditFindings.self) { group in
            var sum = AuditFindings()
            for (position, element) in enumerated() {
                if position >= Swift.max(1, width), let found = await group.next() { sum += found }
                group.addTask { await body(element) }
            }
            for await found in group { sum += found }
            return sum
        }
    }
}
