// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Reporting

/// The lines at the bottom of a terminal, when it becomes narrower.
@Suite struct TerminalBlockTests {
    private static let up = "\u{1B}[A"
    private static let erase = "\u{1B}[K"

    private var block: TerminalBlock {
        var block = TerminalBlock()
        _ = block.replace(by: [String(repeating: "a", count: 100), "b"], width: 120)
        return block
    }

    @Test func `each row of a wrapped block is erased for itself, because tmux keeps a screen that is erased at once`()
    {
        let rows = { (count: Int) in
            "\r" + Self.erase + String(repeating: Self.up + Self.erase, count: count - 1)
        }
        #expect(block.erasure(width: 120) == rows(2))
        #expect(block.erasure(width: 60) == rows(3))
        #expect(block.erasure(width: 40) == rows(4))
        #expect(TerminalBlock().erasure(width: 40).isEmpty)
        #expect(block.replaced(by: ["c"], width: 60).hasPrefix(rows(3) + "c"))
    }

    @Test func `a block that still fits is overwritten in its place`() {
        #expect(block.replaced(by: ["c", "d"], width: 120).hasPrefix("\r\u{1B}[1Ac" + Self.erase))
    }
}

extension TerminalBlock {
    /// `replace`, for use in an expectation.
    fileprivate func replaced(by lines: [String], width: Int) -> String {
        var block = self
        return block.replace(by: lines, width: width)
    }
}
