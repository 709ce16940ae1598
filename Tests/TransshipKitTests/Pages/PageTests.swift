// SPDX-License-Identifier: Apache-2.0

import Testing

/// What a page shows must compile. A block is written twice: in the page, and in this folder with what it needs around it.
@Suite struct PageTests {
    @Test(arguments: LibraryText.blocks)
    func `code of the library's pages and comments stands in this folder, line by line, and compiles`(block: CodeBlock)
    {
        #expect(!block.code.isEmpty)
        #expect(
            LibraryText.compiled.contains { block.isPart(of: $0) }, "put the block into Tests/TransshipKitTests/Pages")
    }

    @Test func `all pages are read, and comments`() {
        let paths = Set(LibraryText.blocks.map(\.path))
        #expect(paths.count { $0.hasSuffix(".md") } >= 6)
        #expect(paths.count { $0.hasSuffix(".swift") } >= 10)
    }

    @Test func `a block is found with its line, without indentation and imports`() {
        let page = "Text\n\n```swift\nimport A\n\nlet a = 1\n    a()\n```\n\n```\nno code\n```\n"
        let found = CodeBlock.found(in: page, of: "page")
        #expect(found.map(\.line) == [4])
        #expect(found.map(\.code) == [["let a = 1", "a()"]])
        let comment = "    /// ```swift\n    /// let b = 2\n    /// ```\nlet c = 3\n"
        #expect(CodeBlock.found(in: comment, of: "source", behind: "///").map(\.code) == [["let b = 2"]])
        #expect(CodeBlock.found(in: comment, of: "source").isEmpty)
    }

    @Test func `a block is part of a source only line by line`() {
        let block = CodeBlock(path: "", line: 1, code: ["a", "b"])
        #expect(block.isPart(of: ["x", "a", "b"]))
        #expect(!block.isPart(of: ["a", "x", "b"]))
    }
}
