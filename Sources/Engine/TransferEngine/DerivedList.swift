// SPDX-License-Identifier: Apache-2.0

/// A list whose elements are created at each access, so that of a million items only those under way are in memory.
package struct DerivedList<Element: Sendable>: RandomAccessCollection, Sendable {
    private let element: @Sendable (Int) -> Element
    package let count: Int

    /// - Parameter element: returns the element at a position from 0 up to, but not including, `count`. Called often, and
    ///   from any thread.
    package init(count: Int, element: @escaping @Sendable (Int) -> Element) {
        self.count = count
        self.element = element
    }

    /// The elements of another list. A list that is itself derived is used as it is.
    package init(_ elements: some RandomAccessCollection<Element> & Sendable) {
        if let derived = elements as? Self {
            self = derived
        } else {
            self.init(count: elements.count) { elements[elements.index(elements.startIndex, offsetBy: $0)] }
        }
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }
    package subscript(position: Int) -> Element { element(position) }

    /// A list of the same length whose elements are made of these at each access.
    package func derive<Other>(_ other: @escaping @Sendable (Element) -> Other) -> DerivedList<Other> {
        DerivedList<Other>(count: count) { [element] in other(element($0)) }
    }

    package static func + (left: Self, right: Self) -> Self {
        if right.isEmpty { return left }
        return Self(count: left.count + right.count) { $0 < left.count ? left[$0] : right[$0 - left.count] }
    }
}

extension DerivedList: Equatable where Element: Equatable {
    package static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }
}

extension DerivedList: Hashable where Element: Hashable {
    package func hash(into hasher: inout Hasher) {
        for element in self { hasher.combine(element) }
    }
}

extension DerivedList: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Element...) { self.init(elements) }
}
