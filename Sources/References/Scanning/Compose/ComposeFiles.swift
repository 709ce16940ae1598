// SPDX-License-Identifier: Apache-2.0

/// Compose files that are read together: those of a command, or of the variable `COMPOSE_FILE` (docs.docker.com,
/// "Configure pre-defined environment variables in Docker Compose").
struct ComposeFiles {
    static let variable = "COMPOSE_FILE"
    static let separatorVariable = "COMPOSE_PATH_SEPARATOR"
    /// The most files that are read together.
    static let limit = 16

    /// Paths from the folder in which Compose runs.
    private let paths: [String]

    init(_ paths: some Sequence<String>) { self.paths = Array(paths.prefix(Self.limit)) }

    /// - Parameters:
    ///   - list: the value of the variable.
    ///   - separator: nil for the default, which is a semicolon on Windows.
    init(in list: String, separatedBy separator: String?) {
        let isOfWindows = list.contains(";")
        let known = separator.flatMap(\.first) ?? (isOfWindows ? ";" : ":")
        let paths = isOfWindows ? String(list.map { $0 == "\\" ? "/" : $0 }) : list
        self.init(paths.split(separator: known).compactMap { BuildCommand.local(String($0)) })
    }

    var followUps: [FollowUp] {
        paths.map { path in
            FollowUp(anyOf: [path], in: "", kind: kind(of: path) ?? .named(.compose), start: .above)
        }
    }

    /// How one of the files is read. nil: as any Compose file, because the others and the folder say nothing about it.
    ///
    /// The variables of the folder in which Compose runs count before those beside the file (compose-go, "WithDotEnv").
    func kind(of path: String) -> FollowUp.Kind? {
        let others = paths.filter { $0 != path }.compactMap { FilePath.relative($0, toFolderOf: path) }
        let project = FilePath.relative(Self.environment, toFolderOf: path) ?? Self.environment
        let environment = project == Self.environment ? [project] : [Self.environment, project]
        return others.isEmpty && environment.count == 1 ? nil : .compose(besides: others, environment: environment)
    }

    private static let environment = ".env"
}

extension FollowUp {
    /// This file with the variables of the file that names it.
    ///
    /// - Parameter name: the name of a file with variables.
    func withVariables(of name: String?) -> FollowUp {
        guard let name, let file = FilePath.relative(name, toFolderOf: path) else { return self }
        var (others, environment): ([String], [String]) = ([], [".env"])
        switch kind {
        case .compose(let layers, let files): (others, environment) = (layers, files)
        case .named(.compose): break
        default: return self
        }
        guard !environment.contains(file) else { return self }
        var changed = self
        changed.kind = .compose(besides: others, environment: environment + [file])
        return changed
    }
}
