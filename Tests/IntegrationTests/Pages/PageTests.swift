// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The pages of the documentation, as somebody would follow them: every command runs, and prints what the page says.
@Suite(.serialized) struct PageTests {
    private let checkout = Checkout()

    static let paths: [String] = {
        let below = (try? Checkout().files(below: ["docs", "Tools/deploy", "Benchmarks/README.md"])) ?? []
        return ["README.md", "CONTRIBUTING.md", "SECURITY.md"] + below.filter { $0.hasSuffix(".md") }.sorted()
    }()

    private func page(_ path: String) throws -> Page { Page(path: path, text: try checkout.text(path)) }

    private static let scratch = Result { try Scratch() }
    private static let world = Task { try await PageWorld(try scratch.get()) }

    @Test(
        arguments: paths.filter { path in
            (try? Checkout().text(path)).map { !Page(path: path, text: $0).steps.isEmpty } ?? false
        })
    func `every command of a page does and prints what the page says`(path: String) async throws {
        let page = try page(path)
        let run = try await Self.world.value.run(page, in: try Scratch())
        var (outputs, errors) = (run.output[...], run.errors[...])
        for (number, step) in page.steps.enumerated() {
            let mark = "@@ \(number)\n"
            let output = try #require(Self.next(of: &outputs, until: mark), "\(path): \(step.command)\n\(run)")
            let said = "\(path): \(step.command)\n\(output)---\n\(Self.next(of: &errors, until: mark) ?? "")"
            switch step.kind {
            case .console: #expect(Page.shows(step.output, output), "\(said)")
            case .script, .hidden: #expect(!output.contains("!! "), "\(said)")
            }
        }
    }

    /// Takes what stands before the mark away from the text, and the mark, too.
    private static func next(of text: inout Substring, until mark: String) -> String? {
        guard let end = text.firstRange(of: mark) else { return nil }
        defer { text = text[end.upperBound...] }
        return String(text[..<end.lowerBound])
    }

    @Test(arguments: paths) func `a page shows no command that no test runs`(path: String) throws {
        #expect(try page(path).unrunCommands == [], "put it into a block of console or sh")
    }

    @Test(arguments: paths) func `every link of a page leads somewhere`(path: String) throws {
        for link in try page(path).links {
            let exists = FileManager.default.fileExists(atPath: "\(checkout.root)/\(link.path)")
            #expect(exists, "\(path) links to \(link.path)")
            guard exists, let anchor = link.anchor, link.path.hasSuffix(".md") else { continue }
            #expect(try self.page(link.path).anchors.contains(anchor), "\(path) links to \(link.path)#\(anchor)")
        }
    }

    /// PDF, previews and feeds draw an SVG as it stands.
    @Test func `the recorded run shows its text where animations do not run`() throws {
        let picture = try checkout.text("docs/pictures/run.svg")
        let style = picture.replacing(/@keyframes show \{ from \{ opacity: 0 \} \}/, with: "")
        #expect(style != picture && !style.contains("opacity"))
    }

    @Test func `every page of docs is reached from its index`() throws {
        let index = Set(try page("docs/README.md").links.map(\.path))
        let pages = try checkout.files(below: ["docs"]).filter { $0.hasSuffix(".md") && $0 != "docs/README.md" }
        #expect(Set(pages).subtracting(index).sorted() == [])
    }

    @Test func `a block of a list's item is read as one at the margin`() {
        let page = Page(path: "p.md", text: "1. One\n\n   ```console\n   $ cat <<E\n   >  a\n   > E\n    a\n   ```\n")
        #expect(page.steps == [Page.Step(kind: .console, command: "cat <<E\n a\nE", output: " a\n")])
        let other = Page(path: "p.md", text: "- Two\n  ```\n  transship version\n  ```\n")
        #expect(other.unrunCommands == ["transship version"])
    }

    @Test func `an ellipsis stands for any text, and alone for any lines`() {
        #expect(Page.shows("a…c\n", "abc\n"))
        #expect(!Page.shows("a…c\n", "ab\n"))
        #expect(Page.shows("a\n…\nd\n", "a\nb\nc\nd\n"))
        #expect(!Page.shows("", "b\n"))
    }
}
