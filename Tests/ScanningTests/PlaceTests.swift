// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Places of pipelines and tools that name images, or files with images.
@Suite struct PlaceTests {
    @Test func `child pipelines that jobs of GitLab start are followed, those of other projects are not`() {
        let text = """
            .shared:
              trigger: {include: /ci/shared.yml}
            one:
              trigger: {include: ci/one.yml, strategy: depend}
            two:
              trigger:
                include:
                - local: ci/two.yml
                - {project: other/one, file: x.yml}
                - {artifact: made.yml, job: one}
            three:
              trigger: other/project
            """
        #expect(
            scanned(text, as: ".gitlab-ci.yml").followUps.map(\.path) == [
                "ci/shared.yml", "ci/one.yml", "ci/two.yml",
            ])
    }
}
