import Foundation
import Testing

/// `Tools/walkthrough.md`, as somebody would follow it.
@Suite struct WalkthroughTests {
    /// A command of the page and what the page says it prints.
    struct Step: Equatable {
        var command: String
        var output: String
    }

    private static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func page() throws -> String {
        try String(contentsOfFile: checkout + "/Tools/walkthrough.md", encoding: .utf8)
    }

    /// The `$ ` lines of the page's console blocks, each with the lines up to the next.
    static func steps(of page: String) -> [Step] {
        var steps: [Step] = []
        var isInBlock = false
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInBlock = line == "```console"
            } else if isInBlock, line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2)), output: ""))
            } else if isInBlock, !steps.isEmpty {
                steps[steps.count - 1].output += line + "\n"
            }
        }
        return steps
    }

    /// One shell for all of them, as the reader has.
    private static func script(_ steps: [Step]) -> String {
        let commands = steps.enumerated().map { number, step in "\(step.command)\necho '@@ \(number)'" }
        return "set -u\ntrap 'kill $(jobs -p) 2> /dev/null' EXIT\n" + commands.joined(separator: "\n") + "\n"
    }

    @Test func `every command prints what the page says`() async throws {
        let scratch = try Scratch()
        let (hub, home) = (try Peer.freePort(), try Peer.freePort())
        let page = try Self.page().replacing("127.0.0.1:15000", with: "127.0.0.1:\(hub)")
            .replacing("127.0.0.1:15001", with: "127.0.0.1:\(home)")
        let steps = Self.steps(of: page)
        try #require(steps.count > 10)
        let script = try scratch.write("walkthrough.sh", Self.script(steps))
        let path = Tool.products.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let run = try await Tool.run(
            "bash", ["-c", "cd '\(scratch.path)' && exec bash '\(script)'"],
            environment: ["PATH": path, "checkout": Self.checkout])
        var rest = run.output[...]
        for (number, step) in steps.enumerated() {
            let mark = "@@ \(number)\n"
            let end = try #require(rest.firstRange(of: mark), "\(step.command)\n\(run)")
            #expect(String(rest[..<end.lowerBound]) == step.output, "\(step.command)\n\(run.errors)")
            rest = rest[end.upperBound...]
        }
    }
}
