// SPDX-License-Identifier: Apache-2.0

/// A list that grows without moving its elements, so that a large list is never in memory twice.
///
/// Its code is inlinable: other modules compile it for their own elements. Code for elements of any type asks the runtime
/// for the types at each access, which takes more time than the access.
@frozen package struct Segmented<Element: Sendable>: Sendable {
    @usableFromInline static var size: Int { 1 << 14 }

    @usableFromInline var segments: [[Element]] = []

    @inlinable package init() {}

    @inlinable package var count: Int {
        segments.isEmpty ? 0 : (segments.count - 1) * Self.size + segments[segments.count - 1].count
    }

    @inlinable package var last: Element? { segments.last?.last }

    @inlinable package subscript(position: Int) -> Element {
        get { segments[position / Self.size][position % Self.size] }
        _modify { yield &segments[position / Self.size][position % Self.size] }
    }

    @inlinable package mutating func append(_ element: Element) {
        if segments.isEmpty || segments[segments.count - 1].count == Self.size {
            segments.append([])
            segments[segments.count - 1].reserveCapacity(Self.size)
        }
        segments[segments.count - 1].append(element)
    }
}
