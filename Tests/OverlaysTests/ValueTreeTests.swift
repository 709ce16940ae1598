// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Overlays

@Suite struct ValueTreeTests {
    @Test func `values nest in the order they are set, and each place has one`() {
        var tree = ValueTree()
        #expect(tree.isEmpty)
        for (path, value) in [("b.x", "1"), ("a", "2"), ("b.y.z", "3"), ("b.x", "1")] {
            let isSet = tree.set(value, at: path.split(separator: ".").map(String.init)[...])
            #expect(isSet, "\(path)")
        }
        #expect(tree.text == "b:\n  x: \"1\"\n  \"y\":\n    z: \"3\"\na: \"2\"\n")
    }

    @Test(arguments: ["a", "a.b.c.d", "a.b.c", "a.b"])
    func `what stands at a path already stays, and nothing is half set`(
        path: String
    ) {
        var tree = ValueTree()
        let isFirstSet = tree.set("1", at: ["a", "b", "c"])
        let before = tree.text
        let isSet = tree.set("2", at: path.split(separator: ".").map(String.init)[...])
        #expect(isFirstSet && !isSet)
        #expect(tree.text == before)
    }
}
