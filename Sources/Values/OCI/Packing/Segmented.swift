// SPDX-License-Identifier: Apache-2.0

/// A list that grows without moving its elements, so that a large list is never in memory twice.
///
/// Other modules compile its code for their own elements, for which the compiler (6.3.1) needs `public` instead of `package`.
/// Code for elements of any type asks the runtime for the types at each access, which takes more time than the access.
@_spi(Lists) @frozen public struct Segmented<Element: Sendable>: Sendable {
    @usableFromInline static var size: Int { 1 << 14 }

    @usableFromInline var segments: [[Element]] = []

    /// An empty list.
    @inlinable public init() {}

    /// The number of elements.
    @inlinable public var count: Int {
        segments.isEmpty ? 0 : (segments.count - 1) * Self.size + segments[segments.count - 1].count
    }

    /// The last element; nil for an empty list.
    @inlinable public var last: Element? { segments.last?.last }

    /// - Parameter position: 0 to `count` - 1.
    @inlinable public subscript(position: Int) -> Element {
        get { segments[position / Self.size][position % Self.size] }
        _modify { yield &segments[position / Self.size][position % Self.size] }
    }

    /// Adds an element at the end.
    @inlinable public mutating func append(_ element: Element) {
        if segments.isEmpty || segments[segments.count - 1].count == Self.size {
            segments.append([])
            segments[segments.count - 1].reserveCapacity(Self.size)
        }
        segments[segments.count - 1].append(element)
    }
}
