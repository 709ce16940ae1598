// SPDX-License-Identifier: Apache-2.0

/// Elements that are made each time they are asked for: of a million items nobody holds more than those under way.
package struct DerivedList<Element: Sendable>: RandomAccessCollection, Sendable {
    private let element: @Sendable (Int) -> Element
    package let count: Int

    /// - Parameter element: gives the element at a position of 0 up to `count`. Called often, from everywhere.
    package init(count: Int, element: @escaping @Sendable (Int) -> Element) {
        self.count = count
        self.element = element
    }

    /// The elements of another list. One that is derived itself stays as it is.
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

    /// The same list of other elements, made of these when they are asked for.
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
