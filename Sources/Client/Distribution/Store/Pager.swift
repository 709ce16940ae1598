// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTransport

/// Finds the next page of a list. Pure: reads answers, sends nothing.
struct Pager {
    struct Refusal: Error {
        let reason: String
        var isTooMuch = false
    }

    static let mostPages = 10_000

    let pageSize: Int?
    /// The repository whose tags are listed; nil for other lists.
    var repository: Repository?
    /// The name of that repository on the pages so far.
    private(set) var owner: String?
    private let budget: ListBudget
    /// Stored as hashes, because links have no length limit.
    private var visited: Set<Int> = []
    private(set) var pages = 0
    private var seen: Set<String> = []
    private(set) var names: [String] = []
    /// False after there was no memory for a name.
    private(set) var hasRoom = true

    init(pageSize: Int?, budget: ListBudget) {
        self.pageSize = pageSize
        self.budget = budget
    }

    var isAtFirstPage: Bool { pages == 0 }

    /// Takes a page of a list of names, and returns the path of the next page; nil after the last one.
    mutating func take(
        _ page: ListPage, link: [String], from url: WireURL, home: WireOrigin, path: String
    ) throws(Refusal) -> String? {
        if owner == nil { owner = page.owner }
        return try take(page.names, link: link, from: url, home: home, path: path)
    }

    /// Takes a page, and returns the path of the next page; nil after the last one.
    mutating func take(
        _ page: [String], link: [String], from url: WireURL, home: WireOrigin, path: String
    ) throws(Refusal) -> String? {
        pages += 1
        seen.reserveCapacity(seen.count + page.count)
        let new = page.filter { seen.insert($0).inserted }
        for name in new {
            hasRoom = budget.keep(name)
            guard hasRoom else { throw Refusal.tooMuch(after: names.count, budget) }
            names.append(name)
        }
        guard let next = try next(after: page, new: new, link: link, from: url, home: home, path: path) else {
            return nil
        }
        guard visited.insert(next.hashValue).inserted else { throw Refusal(reason: "the pages lead in a circle") }
        guard pages < Self.mostPages else { throw Refusal(reason: "more than \(Self.mostPages) pages") }
        return next
    }

    private func next(
        after page: [String], new: [String], link: [String], from url: WireURL, home: WireOrigin, path: String
    ) throws(Refusal) -> String? {
        if let reference = try LinkHeader.next(link) {
            let next: WireURL
            do { next = try url.resolving(reference) } catch {
                throw Refusal(reason: "the next page is not usable: \(error)")
            }
            guard next.origin == home else {
                throw Refusal(reason: "the next page is at another host, \(next.origin)")
            }
            return next.target
        }
        // A full page without a link: crane's registry cuts lists after n names without a link.
        guard let pageSize, page.count >= pageSize, !new.isEmpty, let last = page.last else { return nil }
        return path + "?n=\(pageSize)&last=" + PercentEncoding.encode(last)
    }
}

extension Pager.Refusal {
    static func tooMuch(after count: Int, _ budget: ListBudget) -> Self {
        Self(
            reason: "the list goes on after \(count) names, and the lists of this run take more than the "
                + "\(budget.limit >> 20) MiB of memory they may",
            isTooMuch: true)
    }
}
