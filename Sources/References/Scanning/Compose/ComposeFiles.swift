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
    /// The files with variables that a command names, as paths from the same folder. Compose then does not read `.env`.
    private let environment: [String]

    init(_ paths: some Sequence<String>, environment: some Sequence<String> = []) {
        self.paths = Array(paths.prefix(Self.limit))
        self.environment = Array(environment.prefix(Self.limit))
    }

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

    /// The files that a command reads if it names none.
    func defaults(in folder: String) -> [FollowUp] {
        guard paths.isEmpty, !environment.isEmpty else { return [] }
        return Self.defaults.map { names in
            let kind = kind(of: names[0]) ?? .named(.compose)
            return FollowUp(anyOf: names, in: folder, kind: kind, start: .above)
        }
    }

    /// compose-go, "DefaultFileNames" and "DefaultOverrideFileNames".
    private static let defaults = ["", ".override"].map { end in
        ["compose\(end).yaml", "compose\(end).yml", "docker-compose\(end).yml", "docker-compose\(end).yaml"]
    }

    /// How one of the files is read. nil: as any Compose file, because the others and the folder say nothing about it.
    func kind(of path: String) -> FollowUp.Kind? {
        let others = paths.filter { $0 != path }.compactMap { FilePath.relative($0, toFolderOf: path) }
        let variables = variables(of: path)
        return others.isEmpty && variables == [Self.environment]
            ? nil : .compose(besides: others, environment: variables)
    }

    /// The files with the variables of one of the files, as paths from its folder. Those of the folder in which Compose
    /// runs count before those beside the file (compose-go, "WithDotEnv").
    private func variables(of path: String) -> [String] {
        let named = environment.compactMap { FilePath.relative($0, toFolderOf: path) }
        guard named.isEmpty else { return named }
        let project = FilePath.relative(Self.environment, toFolderOf: path) ?? Self.environment
        return project == Self.environment ? [project] : [Self.environment, project]
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
