// SPDX-License-Identifier: Apache-2.0

/// Elements in the order in which they came, each once. Adding one takes the same time however many there are.
package struct UniqueList<Element: Hashable> {
    package private(set) var elements: [Element] = []
    private var known: Set<Element> = []

    package init() {}

    package mutating func add(_ element: Element) {
        if known.insert(element).inserted { elements.append(element) }
    }
}

extension UniqueList: Sendable where Element: Sendable {}
