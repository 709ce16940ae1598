// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What GitHub's steps and jobs hand out to those behind them.
@Suite struct GitHubOutputTests {
    private func found(_ first: String, _ behind: String, in job: String = "") -> [String] {
        let text = """
            jobs:
              a:
                outputs: {image: "${{ steps.s.outputs.image }}"}
                steps:
                - id: s
                  run: |
                    \(first)
                \(behind)
              b:
                needs: a
                \(job)
            """
        return scanned(text, as: ".github/workflows/a.yml").findings.filter { !$0.isBuilt }
            .map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }
    }

    private static let use = "- run: docker run ${{ steps.s.outputs.image }}"

    @Test(arguments: [
        #"X=q.io/a:1; echo "image=$X" >> "$GITHUB_OUTPUT""#, "echo image=q.io/a:1 >> $GITHUB_OUTPUT",
        #"echo "::set-output name=image::q.io/a:1""#, #"printf 'image=%s\n' q.io/a:1 >> "$GITHUB_OUTPUT""#,
        #"{ echo "v=1"; echo "image=q.io/a:1"; } >> "$GITHUB_OUTPUT""#,
        #"echo "image=q.io/a:1" | tee -a "$GITHUB_OUTPUT""#,
    ])
    func `a step's output is what the step prints`(_ text: String) {
        #expect(found(text, Self.use) == ["q.io/a:1"])
        #expect(found(text, "- run: docker build -t ${{ steps.s.outputs.image }} .", in: "container: q.io/a:1").isEmpty)
    }

    @Test(arguments: [
        #"echo "image=q.io/a:1""#, #"echo "image=$(a)" >> "$GITHUB_OUTPUT""#,
        #"if a; then echo image=q.io/a:1 >> $GITHUB_OUTPUT; else echo "image=$1" >> $GITHUB_OUTPUT; fi"#,
    ])
    func `an output without a known value is open`(_ text: String) {
        #expect(found(text, Self.use) == ["?steps.s.outputs.image"])
    }

    @Test func `a step's output counts in its own job, and the job's output in others`() {
        let first = "echo image=q.io/a:1 >> $GITHUB_OUTPUT"
        #expect(found(first, "", in: "container: ${{ needs.a.outputs.image }}") == ["q.io/a:1"])
        #expect(found(first, "", in: "steps: [{run: 'docker run ${{ needs.a.outputs.image }}'}]") == ["q.io/a:1"])
        #expect(
            found(first, "", in: "steps: [{run: 'docker run ${{ steps.s.outputs.image }}'}]")
                == ["?steps.s.outputs.image"])
    }

    @Test func `what a step builds under the name in an output is made for all that use the output`() {
        let first = #"I=q.io/a:$GITHUB_SHA; echo "image=$I" >> "$GITHUB_OUTPUT""#
        let build = "- {uses: docker/build-push-action@v5, with: {tags: '${{ steps.s.outputs.image }}'}}"
        #expect(found(first, build + "\n    " + Self.use, in: "container: ${{ needs.a.outputs.image }}").isEmpty)
    }

    @Test func `a variable for later steps has its value in them`() {
        #expect(found("echo I=q.io/a:1 >> $GITHUB_ENV", "- run: docker run $I") == ["q.io/a:1"])
    }
}
