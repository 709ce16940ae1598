// SPDX-License-Identifier: Apache-2.0

/// A list that grows without moving its elements, so that a large list is never in memory twice.
package struct Segmented<Element: Sendable>: Sendable {
    private static var size: Int { 1 << 14 }

    private var segments: [[Element]] = []

    package init() {}

    package var count: Int {
        guard let last = segments.last else { return 0 }
        return (segments.count - 1) * Self.size + last.count
    }

    package var last: Element? { segments.last?.last }

    package subscript(position: Int) -> Element {
        get { segments[position / Self.size][position % Self.size] }
        set { segments[position / Self.size][position % Self.size] = newValue }
    }

    package mutating func append(_ element: Element) {
        if segments.last.map({ $0.count == Self.size }) ?? true {
            segments.append([])
            segments[segments.count - 1].reserveCapacity(Self.size)
        }
        segments[segments.count - 1].append(element)
    }
}
