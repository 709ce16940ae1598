// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct HostedRegistryTests {
    private func name(_ target: String) throws -> ImpossibleName? { try Reference(parsing: target).impossibleName }

    @Test(arguments: [
        "us-docker.pkg.dev/p/r/i", "us-docker.pkg.dev/p/r/quay.io/a/b", "us-docker.pkg.dev/p/gcr.io/i",
        "us-docker.pkg.dev/p/asia.gcr.io/i", "us-docker.pkg.dev/p/my-repo-2/i_am.an/image",
        "us-docker.pkg.dev/example.com/p/r/i", "gcr.io/p/i", "eu.gcr.io/p/a/b", "gcr.io/example.com/p/i",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ab", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b",
        "public.ecr.aws/alias/i", "docker.io/team/i", "ubuntu", "docker.io/ubuntu", "registry-1.docker.io/library/x",
        "ghcr.io/owner/i", "ghcr.io/owner/a/b/c", "quay.io/n/r", "quay.io/n/r/deeper", "registry.gitlab.com/n/p",
        "registry.gitlab.com/g/g/p/up/to-two",
    ])
    func `what the operators document passes`(target: String) throws { #expect(try name(target) == nil) }

    @Test(arguments: [
        "registry.example/i", "localhost:5000/i", "us-docker.pkg.dev:5000/i", "mirror.gcr.io/i", "k8s.gcr.io/i",
        "docker.pkg.dev/i", "us-python.pkg.dev/i", "123456789012.dkr.ecr.amazonaws.com/a", "team.azurecr.io/i",
        "gitlab.example/i", "quay.example/i", "notgcr.io/i",
    ])
    func `of a registry that nobody documents every name passes`(target: String) throws {
        #expect(try name(target) == nil)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var target: String
        var reason: String
        var possible: String?
        var testDescription: String { target }
    }

    static let rows = [
        Row(
            target: "us-docker.pkg.dev/p/ubuntu:18.04", reason: "us-docker.pkg.dev wants PROJECT/REPOSITORY/IMAGE",
            possible: "us-docker.pkg.dev/p/REPOSITORY/ubuntu:18.04"),
        Row(
            target: "us-docker.pkg.dev/ubuntu", reason: "us-docker.pkg.dev wants PROJECT/REPOSITORY/IMAGE",
            possible: "us-docker.pkg.dev/PROJECT/REPOSITORY/ubuntu"),
        Row(
            target: "us-docker.pkg.dev/example.com/p/i",
            reason: "us-docker.pkg.dev wants DOMAIN/PROJECT/REPOSITORY/IMAGE where the first part is a domain",
            possible: "us-docker.pkg.dev/example.com/p/REPOSITORY/i"),
        Row(
            target: "us-docker.pkg.dev/p/quay.io/a/b:1",
            reason: "us-docker.pkg.dev wants PROJECT/REPOSITORY/IMAGE, and \"quay.io\" is no name of a REPOSITORY: "
                + "only a-z, 0-9 and - from a letter on are",
            possible: "us-docker.pkg.dev/p/REPOSITORY/quay.io/a/b:1"),
        Row(
            target: "us-docker.pkg.dev/example.com/p/my_repo/i",
            reason: "us-docker.pkg.dev wants DOMAIN/PROJECT/REPOSITORY/IMAGE, and \"my_repo\" is no name of a "
                + "REPOSITORY: only a-z, 0-9 and - from a letter on are",
            possible: "us-docker.pkg.dev/example.com/p/REPOSITORY/my_repo/i"),
        Row(target: "gcr.io/i:1", reason: "gcr.io wants PROJECT/IMAGE", possible: "gcr.io/PROJECT/i:1"),
        Row(
            target: "ASIA.gcr.io:443/i", reason: "ASIA.gcr.io:443 wants PROJECT/IMAGE",
            possible: "ASIA.gcr.io:443/PROJECT/i"),
        Row(
            target: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a",
            reason: "123456789012.dkr.ecr.eu-west-1.amazonaws.com wants names of 2 characters or more"),
        Row(
            target: "public.ecr.aws/i", reason: "public.ecr.aws wants ALIAS/REPOSITORY",
            possible: "public.ecr.aws/ALIAS/i"),
        Row(
            target: "docker.io/team/quay.io/a/b:1", reason: "docker.io wants NAMESPACE/REPOSITORY and nothing below",
            possible: "docker.io/team/b:1"),
        Row(target: "ghcr.io/i", reason: "ghcr.io wants OWNER/IMAGE", possible: "ghcr.io/OWNER/i"),
        Row(target: "quay.io/i", reason: "quay.io wants NAMESPACE/REPOSITORY", possible: "quay.io/NAMESPACE/i"),
        Row(
            target: "registry.gitlab.com/i", reason: "registry.gitlab.com wants NAMESPACE/PROJECT",
            possible: "registry.gitlab.com/NAMESPACE/i"),
    ]

    @Test(arguments: rows) func `what they do not take is refused, with a name that can be`(row: Row) throws {
        let target = try Reference(parsing: row.target)
        let name = try #require(target.impossibleName)
        #expect(name.reason == row.reason)
        #expect(target.possible(name) == row.possible)
    }

    @Test(arguments: [
        ("us-docker.pkg.dev/p/i", "p", "us-docker.pkg.dev/p/REPOSITORY"),
        ("us-docker.pkg.dev/i", "", "us-docker.pkg.dev/PROJECT/REPOSITORY"),
        ("us-docker.pkg.dev/quay.io/a/b", "", "us-docker.pkg.dev/PROJECT/REPOSITORY"),
        ("us-docker.pkg.dev/example.com/p/i", "example.com/p", "us-docker.pkg.dev/example.com/p/REPOSITORY"),
        ("us-docker.pkg.dev/p/quay.io/a/b", "p", "us-docker.pkg.dev/p/REPOSITORY"),
        ("us-docker.pkg.dev/p/k8s.io/a/b", "p/k8s.io", "us-docker.pkg.dev/p/REPOSITORY/k8s.io"),
        ("ghcr.io/i", "", "ghcr.io/OWNER"), ("docker.io/team/a/b", "team", "docker.io/team"),
        ("docker.io/quay.io/a/b", "", "docker.io/NAMESPACE"), ("docker.io/a/b/c", "a/b", "docker.io/a"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/a", "", nil),
    ])
    func `a place below which there are names follows from one that is too short or too long`(
        target: String, prefix: String, wanted: String?
    ) throws {
        #expect(try name(target)?.possiblePrefix(insteadOf: prefix) == wanted)
    }

    @Test(arguments: ["gcr.io/", "gcr.io//", "docker.io///", "us-docker.pkg.dev/./"])
    func `a path without parts has no name to offer, and ends nothing`(target: String) throws {
        guard let reference = try? Reference(parsing: target), let name = reference.impossibleName else { return }
        #expect(!name.reason.isEmpty)
        _ = (reference.possible(name), name.possiblePrefix(insteadOf: "/"))
    }
}

@Suite struct RepositoryCreationTests {
    @Test(arguments: [
        (
            "us-docker.pkg.dev/p/r/a/b",
            "gcloud artifacts repositories create r --repository-format=docker --location=us --project=p"
        ),
        (
            "europe-west3-docker.pkg.dev/example.com/p/r/i",
            "gcloud artifacts repositories create r --repository-format=docker --location=europe-west3 "
                + "--project=example.com:p"
        ),
        (
            "eu.gcr.io/p/i",
            "gcloud artifacts repositories create eu.gcr.io --repository-format=docker --location=europe --project=p"
        ),
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app",
            "aws ecr create-repository --repository-name team/app --region eu-west-1"
        ),
        (
            "public.ecr.aws/alias/team/app",
            "aws ecr-public create-repository --repository-name team/app --region us-east-1"
        ),
        ("docker.io/team/app", nil), ("ghcr.io/team/app", nil),
    ])
    func `the line that makes a repository can be typed`(target: String, command: String?) throws {
        let reference = try Reference(parsing: target)
        #expect(HostedRegistry(reference.registry)?.creation(of: reference.repository) == command)
    }

    @Test(arguments: ["$(id)-docker.pkg.dev", "a;b-docker.pkg.dev", "1.dkr.ecr.$(id).amazonaws.com", "-docker.pkg.dev"])
    func `nothing that a shell would carry out comes from a host's name`(host: String) throws {
        #expect(try HostedRegistry(RegistryHost(host))?.creation(of: Repository("p/r/i")) == nil)
    }
}
