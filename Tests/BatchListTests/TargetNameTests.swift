// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Testing

@Suite struct TargetNameTests {
    private func problems(_ list: String, to prefix: String? = nil, _ mapping: TargetMapping = .asWritten) throws
        -> [BatchProblem]
    {
        let rule = try prefix.map { TargetRule(prefix: try TargetPrefix(parsing: $0), mapping: mapping) }
        do throws(BatchListError) {
            _ = try parsed(list).items(rule: rule)
            return []
        } catch {
            return error.problems
        }
    }

    @Test func `a place that is too short for its registry is told once, with the one to type`() throws {
        let found = try problems(
            "ubuntu:18.04\ndebian:buster\nbitnami/redis\nredis", to: "us-docker.pkg.dev/my-project")
        #expect(
            found.map(\.description) == [
                "images.txt:1:1: \"us-docker.pkg.dev/my-project/ubuntu:18.04\" cannot be a target: us-docker.pkg.dev wants "
                    + "PROJECT/REPOSITORY/IMAGE; the same holds for 2 more lines"
            ])
        #expect(found.map(\.hint) == ["--to us-docker.pkg.dev/my-project/REPOSITORY"])
    }

    @Test func `a line's own target is told by its place, with a name that can be`() throws {
        let found = try problems("ubuntu gcr.io/ubuntu:1\ndebian ghcr.io/team/debian\nredis quay.io/redis")
        #expect(
            found.map(\.description) == [
                "images.txt:1:8: \"gcr.io/ubuntu:1\" cannot be a target: gcr.io wants PROJECT/IMAGE",
                "images.txt:3:7: \"quay.io/redis\" cannot be a target: quay.io wants NAMESPACE/REPOSITORY",
            ])
        #expect(found.map(\.hint) == ["write gcr.io/PROJECT/ubuntu:1", "write quay.io/NAMESPACE/redis"])
    }

    @Test func `Docker Hub has no room for a source's path, and is told how to leave it out`() throws {
        let found = try problems("quay.io/a/b:1", to: "docker.io/team")
        #expect(found.map(\.hint) == ["--to docker.io/team --map flatten"])
        #expect(try problems("quay.io/a/b:1", to: "docker.io/team", .flatten).isEmpty)
    }

    @Test func `a filter's target is held to it before any tag is asked for`() throws {
        #expect(try problems("ubuntu:1.* us-docker.pkg.dev/p/ubuntu").count == 1)
        #expect(
            try problems("ubuntu:1.*", to: "us-docker.pkg.dev/p").map(\.hint) == ["--to us-docker.pkg.dev/p/REPOSITORY"]
        )
        #expect(try problems("ubuntu:1.*", to: "us-docker.pkg.dev/p/r").isEmpty)
    }

    @Test func `a source may be called as it likes`() throws {
        #expect(try problems("gcr.io/i:1\npublic.ecr.aws/i", to: "registry.example/m").isEmpty)
    }
}
