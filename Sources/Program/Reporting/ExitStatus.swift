// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
package import TransferEngine

/// The exit status of the process. The numbers are a public interface.
package enum ExitStatus: Int32, Sendable {
    case success = 0
    case someFailed = 1
    /// Usage or unreadable input: nothing was tried.
    case usage = 2
    case allFailed = 3
    /// Stopped by a pull quota.
    case quota = 4
    /// A registry refused the credentials for everything that it was asked for.
    case credentials = 5
    case hungUp = 129
    case interrupted = 130
    case terminated = 143

    /// The same status, but `someFailed` instead of success: something other than the items went wrong.
    package var failing: ExitStatus { self == .success ? .someFailed : self }
}

/// How an item ended, as far as the exit status depends on it.
package enum ItemEnding: Sendable {
    case done
    /// The target has something else there, which was left alone.
    case kept
    /// The outcome is unknown.
    case open
    case failed(Failure)

    package struct Failure: Sendable {
        /// nil if neither side is the cause.
        var side: TransferSide?
        /// The credentials were refused.
        var isRefusal: Bool
        /// A source refused requests because of its rate limit. A limit of the target is not a pull limit.
        var isRateLimit: Bool
        /// The limit that was exceeded counts pulls.
        var isPullQuota: Bool

        package init(_ failure: TransferFailure) {
            side = failure.side
            isRefusal = failure.cause.kind.isRefusal
            isRateLimit = failure.cause.kind == .rateLimited && failure.side == .source
            isPullQuota = failure.cause.isPullQuota
        }

        init(_ failure: RunReport.Failure?) {
            let kind = (failure?.kind).flatMap(ContentFailure.Kind.init(rawValue:))
            side = (failure?.side).flatMap(TransferSide.init(rawValue:))
            isRefusal = kind?.isRefusal ?? false
            isRateLimit = kind == .rateLimited && side != .target
            isPullQuota = failure?.isPullQuota ?? false
        }
    }

    /// - Parameter failure: its failure; nil: it succeeded. A cancelled item is `open`.
    package init(_ failure: TransferFailure?) {
        switch failure {
        case nil: self = .done
        case let failure? where failure.cause.kind == .cancelled: self = .open
        case let failure?: self = .failed(Failure(failure))
        }
    }

    fileprivate var failure: Failure? { if case .failed(let failure) = self { failure } else { nil } }
}

/// The stores of an item; nil if there is none.
package struct ItemStores: Sendable {
    var source: StoreID?
    var target: StoreID?

    package init(source: StoreID?, target: StoreID?) {
        self.source = source
        self.target = target
    }

    package init(_ item: TransferItem) { self.init(source: item.source.store, target: item.target.store) }

    /// The stores of an item of which only the name is known.
    package init(_ name: ItemName) {
        self.init(source: Self.registry(in: name.source), target: Self.registry(in: name.target))
    }

    /// - Returns: nil for a folder, which asks for no login.
    private static func registry(in name: String) -> StoreID? {
        guard !LayoutReference.isMeant(by: name) else { return nil }
        var text = name[...]
        while true {
            if let reference = try? Reference(parsing: String(text)) { return StoreID(reference.registry) }
            // A line may have a tag filter in the place of the tag.
            guard let colon = text.lastIndex(of: ":") else { return nil }
            text = text[..<colon]
        }
    }

    /// The stores that refused the credentials.
    fileprivate func refusers(_ failure: ItemEnding.Failure) -> [StoreID] {
        guard failure.isRefusal else { return [] }
        switch failure.side {
        case .source?: return [source].compactMap(\.self)
        case .target?: return [target].compactMap(\.self)
        case nil: return [source, target].compactMap(\.self)
        }
    }
}

extension ExitStatus {
    /// The exit status of a command that was not interrupted. All commands and merged reports use this one rule. If
    /// several statuses apply, the one that says most is used: a registry refused the credentials for each of its
    /// items, pulls are used up, every item failed, some items failed.
    ///
    /// - Parameters:
    ///   - endings: the endings of all items.
    ///   - stores: returns the stores of an item by its position; called only if something was refused.
    package init(_ endings: some Collection<ItemEnding>, at stores: (Int) -> ItemStores) {
        let counts = EndingCounts(endings)
        if counts.refused > 0, Self.someRegistryRefusesAll(endings, at: stores) {
            self = .credentials
        } else if counts.saysPullsAreUsedUp {
            self = .quota
        } else if counts.failed > 0, counts.failed == counts.total {
            self = .allFailed
        } else {
            self = counts.done == counts.total ? .success : .someFailed
        }
    }

    private static func someRegistryRefusesAll(
        _ endings: some Collection<ItemEnding>, at stores: (Int) -> ItemStores
    ) -> Bool {
        var (refusing, others): (Set<StoreID>, Set<StoreID>) = ([], [])
        for (position, ending) in endings.enumerated() {
            let stores = stores(position)
            let refusers = ending.failure.map(stores.refusers) ?? []
            for store in [stores.source, stores.target].compactMap(\.self) {
                if refusers.contains(store) { refusing.insert(store) } else { others.insert(store) }
            }
        }
        // A folder asks for no login.
        return refusing.contains { !$0.isLayout && !others.contains($0) }
    }
}

private struct EndingCounts {
    var total = 0
    var done = 0
    var failed = 0
    var refused = 0
    private var rateLimited = 0
    private var sawPullQuota = false

    init(_ endings: some Collection<ItemEnding>) {
        for ending in endings {
            total += 1
            if case .done = ending { done += 1 }
            if let failure = ending.failure { add(failure) }
        }
    }

    private mutating func add(_ failure: ItemEnding.Failure) {
        failed += 1
        if failure.isRefusal { refused += 1 }
        if failure.isRateLimit { rateLimited += 1 }
        if failure.isPullQuota { sawPullQuota = true }
    }

    var saysPullsAreUsedUp: Bool { sawPullQuota || failed > 0 && rateLimited == failed }
}

extension ContentFailure.Kind {
    /// The credentials were refused.
    var isRefusal: Bool { self == .unauthorized || self == .denied }
}
