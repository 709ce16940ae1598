// SPDX-License-Identifier: Apache-2.0

/// The operator of a registry, by its host name. A host with a port other than that of https belongs to another operator.
package enum HostedRegistry: Hashable, Sendable {
    /// Google's Artifact Registry, `LOCATION-docker.pkg.dev`.
    case artifactRegistry(location: String)
    /// Google's older hosts. Artifact Registry serves them, from a repository with the host's name.
    case containerRegistry(host: String, location: String)
    /// Other hosts below `gcr.io` and `pkg.dev`: mirrors, `k8s.gcr.io`.
    case otherGoogle
    /// `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, in China `.com.cn`.
    case elasticContainerRegistry(region: String)
    case publicElasticContainerRegistry
    case dockerHub
    case gitHub
    case quay
    case gitLab
    /// `NAME.azurecr.io`, and the hosts of sovereign clouds.
    case azureContainerRegistry

    package init?(_ host: RegistryHost) {
        let name = host.canonicalName
        if let known = Self.byName[name] {
            self = known
        } else if name.hasSuffix(Self.artifactRegistrySuffix),
            Self.isWord(name.dropLast(Self.artifactRegistrySuffix.count))
        {
            self = .artifactRegistry(location: String(name.dropLast(Self.artifactRegistrySuffix.count)))
        } else if let region = Self.amazonRegion(name) {
            self = .elasticContainerRegistry(region: region)
        } else if let suffix = Self.bySuffix.first(where: { name.hasSuffix($0.suffix) }) {
            self = suffix.registry
        } else {
            return nil
        }
    }

    private static let artifactRegistrySuffix = "-docker.pkg.dev"

    /// The locations are those of Artifact Registry, "Transition to gcr.io repositories".
    private static let byName: [String: HostedRegistry] = [
        "gcr.io": .containerRegistry(host: "gcr.io", location: "us"),
        "us.gcr.io": .containerRegistry(host: "us.gcr.io", location: "us"),
        "eu.gcr.io": .containerRegistry(host: "eu.gcr.io", location: "europe"),
        "asia.gcr.io": .containerRegistry(host: "asia.gcr.io", location: "asia"),
        "public.ecr.aws": .publicElasticContainerRegistry, "index.docker.io": .dockerHub, "ghcr.io": .gitHub,
        "quay.io": .quay, "registry.gitlab.com": .gitLab,
    ]

    private static let bySuffix: [(suffix: String, registry: HostedRegistry)] = [
        (".gcr.io", .otherGoogle), (".pkg.dev", .otherGoogle), (".azurecr.io", .azureContainerRegistry),
        (".azurecr.cn", .azureContainerRegistry), (".azurecr.us", .azureContainerRegistry),
    ]

    private static func amazonRegion(_ name: String) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 4, parts[0].allSatisfy(\.isNumber), parts[1] == "dkr",
            ["ecr", "ecr-fips"].contains(parts[2]),
            isWord(parts[3]), ["amazonaws.com", "amazonaws.com.cn"].contains(parts[4...].joined(separator: "."))
        else { return nil }
        return String(parts[3])
    }

    /// Whether the text can be used in a command line without quoting.
    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }
}

extension HostedRegistry {
    /// The command that creates the repository for images of this name.
    ///
    /// - Returns: nil if a push creates repositories, or if no command line can create them.
    package func creation(of repository: Repository) -> String? {
        switch self {
        // gcloud reference, "artifacts repositories create".
        case .artifactRegistry(let location):
            let (project, rest) = Self.project(of: repository)
            return rest.first.map { Self.gcloud(String($0), location, project) }
        // "Transition to gcr.io repositories": one repository for each host and project.
        case .containerRegistry(let host, let location):
            return Self.gcloud(host, location, Self.project(of: repository).id)
        // AWS CLI reference, "ecr create-repository".
        case .elasticContainerRegistry(let region):
            return "aws ecr create-repository --repository-name \(repository) --region \(region)"
        // AWS CLI reference, "ecr-public create-repository"; its API is in one region only ("Public registry concepts").
        case .publicElasticContainerRegistry:
            let name = repository.path.split(separator: "/").dropFirst().joined(separator: "/")
            return name.isEmpty ? nil : "aws ecr-public create-repository --repository-name \(name) --region us-east-1"
        case .otherGoogle, .dockerHub, .gitHub, .quay, .gitLab, .azureContainerRegistry: return nil
        }
    }

    /// The project that a path begins with, as Google's tools call it, and the parts below it.
    private static func project(of repository: Repository) -> (id: String, rest: ArraySlice<Substring>) {
        let parts = repository.path.split(separator: "/")
        let length = parts.first?.contains(".") == true ? 2 : 1
        return (parts.prefix(length).joined(separator: ":"), parts.dropFirst(length))
    }

    private static func gcloud(_ name: String, _ location: String, _ project: String) -> String {
        "gcloud artifacts repositories create \(name) --repository-format=docker --location=\(location) "
            + "--project=\(project)"
    }
}
