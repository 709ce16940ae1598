// SPDX-License-Identifier: Apache-2.0

/// What a file is, by its name or its first line.
package enum FileKind: Hashable, Sendable {
    case dockerfile
    case yaml
    case json
    case compose
    case kustomization
    case helmValues
    case pipeline(FindingKind)
    case maven
    case gradle
    /// A program or settings that are neither YAML nor JSON.
    case text(TextFormat)
    /// A template that makes such a file.
    case template(TextFormat)
    /// Definitions that a chart's templates include, which may make containers.
    case chartHelper
    /// A template by its name, which says nothing else: only resources are read.
    case manifest

    /// - Parameter path: a path with slashes. Folders count if a format requires one (`.github/workflows`).
    package init?(path: String) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = path[(slash.map { path.utf8.index(after: $0) } ?? path.startIndex)...].lowercased()
        guard !name.isEmpty else { return nil }
        if name.hasSuffix(".tpl"), let slash, FileKind(path: String(path.dropLast(4))) == nil,
            path[..<slash].split(separator: "/").contains("templates")
        {
            self = .chartHelper
            return
        }
        if let suffix = Self.templateSuffixes.first(where: name.hasSuffix) {
            guard let kind = Self.template(path, suffix) else { return nil }
            self = kind
            return
        }
        let folders = slash.map { Self.folders(of: path, before: $0) } ?? ""
        if Self.isDockerfile(name) {
            self = .dockerfile
        } else if name == "devcontainer.json" || name == ".devcontainer.json" {
            self = .pipeline(.devcontainer)
        } else if name == "package.json" {
            self = .pipeline(.npm)
        } else if name == "pom.xml" {
            self = .maven
        } else if name.hasSuffix(".gradle") || name.hasSuffix(".gradle.kts") {
            self = .gradle
        } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            let kind = Self.yaml(name, folders)
            // Pipelines that steps upload are in folders of any depth below that one.
            self = kind == .yaml && path.holds(Self.buildkite) ? .pipeline(.buildkite) : kind
        } else if name == "kustomization" {
            self = .kustomization
        } else if name.hasSuffix(".json") {
            self = Self.json(String(name.dropLast(5)))
        } else if let format = TextFormat(name: name, folders: folders) {
            self = .text(format)
        } else if let kind = Self.example(path, name) {
            self = kind
        } else {
            return nil
        }
    }

    /// - Parameter suffix: what says that the file is a template.
    private static func template(_ path: String, _ suffix: String) -> FileKind? {
        let path = path.dropLast(suffix.count)
        switch plain(path) {
        // Braces in most programs are their own as often as they are a template's.
        case .text(let format): return format.hasTemplates ? .template(format) : nil
        case nil:
            let isWhole = path.split(separator: "/").last?.contains(".") == false
            return isWhole && manifestSuffixes.contains(suffix) ? .manifest : nil
        case let kind: return kind
        }
    }

    /// The kind of a file that is copied or filled in before it is used: `app.env.example`, `run.sh.in`.
    private static func example(_ path: String, _ name: String) -> FileKind? {
        if let suffix = fillSuffixes.first(where: name.hasSuffix) { return template(path, suffix) }
        return exampleSuffixes.first(where: name.hasSuffix).flatMap { plain(path.dropLast($0.count)) }
    }

    /// The kind of what is made of a template or of an example. `.env` is kept under the name `env`.
    private static func plain(_ path: Substring) -> FileKind? {
        FileKind(path: String(path)) ?? (path.split(separator: "/").last == "env" ? .text(.dotenv) : nil)
    }

    /// The last two folders of a path.
    private static func folders(of path: String, before slash: String.Index) -> String {
        var start = slash
        for _ in 0..<2 {
            guard let outer = path.utf8[..<start].lastIndex(of: UInt8(ascii: "/")) else {
                return String(path[..<slash])
            }
            start = outer
        }
        return String(path[path.utf8.index(after: start)..<slash])
    }

    private static func json(_ stem: String) -> FileKind {
        if isCloudBuild(stem) { return .pipeline(.cloudBuild) }
        return stem.hasPrefix("docker-bake") ? .pipeline(.bake) : .json
    }

    /// File name suffixes of templates. The name without the suffix tells what a template makes.
    private static let templateSuffixes = [".tpl", ".tmpl", ".gotmpl", ".j2", ".jinja", ".jinja2", ".erb"]
    /// The same, where the whole name says nothing: `Makefile.in` is a makefile.
    private static let fillSuffixes = [".template", ".templ", ".in", ".manifest"]
    /// Those of templates of resources whose whole name is the resource's.
    private static let manifestSuffixes: Set = [".tmpl", ".template", ".manifest"]
    private static let exampleSuffixes = [".example", ".sample", ".dist"]

    private static func yaml(_ name: String, _ folders: String) -> FileKind {
        let stem = String(name.dropLast(name.hasSuffix(".yml") ? 4 : 5))
        switch true {
        case folders.hasSuffix(".github/workflows"), folders.hasSuffix(".gitea/workflows"),
            folders.hasSuffix(".forgejo/workflows"), stem == "action":
            return .pipeline(.githubActions)
        case stem == ".gitlab-ci", stem.hasSuffix(".gitlab-ci"): return .pipeline(.gitlabCI)
        case isCompose(stem): return .compose
        case isCloudBuild(stem): return .pipeline(.cloudBuild)
        case folders.hasSuffix(".circleci"): return .pipeline(.circleCI)
        case stem == "skaffold" || stem.hasPrefix("skaffold-") || stem.hasPrefix("skaffold."):
            return .pipeline(.skaffold)
        case stem == ".ko": return .pipeline(.ko)
        case stem == ".woodpecker", folders.hasSuffix(".woodpecker"), stem == ".crow", folders.hasSuffix(".crow"):
            return .pipeline(.woodpecker)
        case stem == ".drone": return .pipeline(.drone)
        case folders.hasSuffix(".buildkite"), stem == "buildkite", stem == "buildkite.pipeline":
            return .pipeline(.buildkite)
        case stem == "bitbucket-pipelines": return .pipeline(.bitbucket)
        case stem == ".travis": return .pipeline(.travis)
        case stem == ".pre-commit-config", stem == ".pre-commit-hooks": return .pipeline(.preCommit)
        case stem == "taskfile", stem == "taskfile.dist": return .pipeline(.taskfile)
        case stem.hasPrefix("azure-pipelines"), folders.hasSuffix(".azure-pipelines"),
            folders.hasSuffix(".azuredevops"), folders.hasSuffix(".azdo"):
            return .pipeline(.azurePipelines)
        case isAnsible(stem, folders): return .pipeline(.ansible)
        case stem == "kustomization": return .kustomization
        case isValues(stem): return .helmValues
        default: return settings(stem, folders).map { .pipeline($0) } ?? .yaml
        }
    }

    private static let buildkite = SearchWord(".buildkite/")

    private static func isCompose(_ stem: String) -> Bool {
        stem.hasPrefix("docker-compose") || stem == "compose" || stem.hasPrefix("compose.")
            || stem.hasPrefix("compose-")
    }

    /// Settings of tools, by the file names that the tools look for.
    private static func settings(_ stem: String, _ folders: String) -> FindingKind? {
        if folders.hasSuffix(".semaphore") { return .semaphore }
        if let kind = settingsNames[stem] { return kind }
        if stem.hasSuffix(".garden") { return .garden }
        if stem.hasSuffix(".clab") { return .containerlab }
        return settingsStarts.first { stem.hasPrefix($0.start) }?.kind
    }

    private static let settingsNames: [String: FindingKind] = [
        "render": .render, "werf": .werf, "garden": .garden, "molecule": .molecule, ".kitchen": .kitchen,
        "kitchen": .kitchen, "screwdriver": .screwdriver, ".cirrus": .cirrus, "buildspec": .codeBuild,
        ".gitpod": .gitpod, "devfile": .devfile, ".devfile": .devfile, ".goreleaser": .goreleaser,
        "goreleaser": .goreleaser, ".vela": .vela, "appveyor": .appveyor, ".appveyor": .appveyor, "batect": .batect,
        "batect-bundle": .batect,
    ]

    private static let settingsStarts: [(start: String, kind: FindingKind)] = [
        (".kitchen.", .kitchen), ("kitchen.", .kitchen), ("buildspec-", .codeBuild), ("buildspec_", .codeBuild),
        ("buildspec.", .codeBuild), (".goreleaser.", .goreleaser), (".goreleaser-", .goreleaser), ("werf-", .werf),
    ]

    /// `gcloud builds submit --config` takes any name: `cloudbuild_test`, `integration.cloudbuild`,
    /// `deploy-cloudbuild`.
    private static func isCloudBuild(_ stem: String) -> Bool {
        stem.hasPrefix("cloudbuild") || ["-", ".", "_"].contains { stem.hasSuffix($0 + "cloudbuild") }
    }

    /// Tasks and variables of a role, and variables of groups and hosts (docs.ansible.com, "Sample directory layout").
    private static func isAnsible(_ stem: String, _ folders: String) -> Bool {
        if folders.holds(groupVariables) || folders.holds(hostVariables) { return true }
        return stem == "main" && ["defaults", "vars", "tasks", "handlers"].contains { folders.hasSuffix("/" + $0) }
    }

    private static let (groupVariables, hostVariables) = (SearchWord("group_vars"), SearchWord("host_vars"))

    /// `values.yaml` and its variants: `values-prod`, `prod-values`, `values.dev`, `dev.values`, `values_x`.
    private static func isValues(_ stem: String) -> Bool {
        guard stem != "values" else { return true }
        return ["-", ".", "_"].contains { stem.hasPrefix("values" + $0) || stem.hasSuffix($0 + "values") }
    }

    private static func isDockerfile(_ name: String) -> Bool {
        if name.hasSuffix(".dockerfile") || name.hasSuffix(".containerfile") { return true }
        guard name.hasPrefix("dockerfile") || name.hasPrefix("containerfile") else { return false }
        return !sourceExtensions.contains { name.hasSuffix($0) }
    }

    /// Names like `dockerfile_test.go` are programs about Dockerfiles.
    private static let sourceExtensions = [
        ".dockerignore", ".go", ".py", ".js", ".ts", ".tsx", ".java", ".rb", ".rs", ".c", ".h", ".cc", ".cpp", ".cs",
        ".swift",
        ".kt", ".php", ".sh", ".md", ".rst", ".html", ".css", ".json", ".yaml", ".yml", ".xml", ".lock", ".vim",
        ".snap",
        ".png", ".svg", ".gz", ".zip", ".pyc",
    ]
}
