// SPDX-License-Identifier: Apache-2.0

/// The words that a command begins with: whether one of them is a program, and which one.
enum ShellPrograms {
    /// Words before a command that are not commands: reserved words.
    static let prefixes: Set<String> = [
        "if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "@", "&&",
    ]
    /// Programs that only print or search their words, and run none of them.
    static let printers: Set<String> = [
        "echo", "printf", "print", "cat", "grep", "egrep", "rg", "awk", "log", "info", "warn", "error", "die",
        "fail", "debug", "which", "type", "test", "[", "[[", "alias", "apt-get", "apt", "yum", "dnf", "apk", "brew",
        "pip", "systemctl", "service", "pkill", "killall", "pgrep", "hash", "man", "case", "for", "select", "function",
        "return", "cd", "ls", "rm", "mkdir", "usermod", "groupadd", "chown", "chmod",
    ]
    /// Shells for which all words are one command.
    static let runners: Set<String> = ["eval", "ssh", "iex", "Invoke-Expression"]
    static let shells: Set<String> = [
        "sh", "bash", "ash", "dash", "zsh", "ksh", "su", "eval", "ssh", "iex", "Invoke-Expression", "powershell",
        "pwsh", "cmd", "sg", "script",
    ]
    /// Variables that by convention hold the name of a program which their own name does not say.
    private static let byVariable: [String: String] = [
        "DOCKER_CMD": "docker", "DOCKER_BIN": "docker", "DOCKER_COMMAND": "docker",
        "CONTAINER_TOOL": "docker", "CONTAINER_RUNTIME": "docker", "CONTAINER_ENGINE": "docker",
        "CONTAINER_CLI": "docker", "CONTAINER_CMD": "docker", "OCI_BIN": "docker", "OCI_RUNTIME": "docker",
        "CONTAINER_COMMAND": "docker", "CONTAINER_BIN": "docker", "CRI": "docker", "CRI_BIN": "docker", "CTR": "docker",
        "DOCKER_COMPOSE": "docker-compose",
    ]

    /// Programs by whose name a variable in capitals is called. Names such as `IMG` mean other things.
    private static let named: Set<String> = [
        "buildah", "crane", "crictl", "docker", "finch", "gcloud", "gcrane", "helm", "k3d", "kind", "kubectl",
        "minikube",
        "kustomize", "nerdctl", "oc", "podman", "skopeo", "trivy",
    ]

    /// The variables that by convention hold a program, in capitals.
    static var variables: [String] { byVariable.keys + named.map { $0.uppercased() } }

    /// The name of a program without its folder, and without the extension that it has on Windows.
    static func lastPart(_ path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        return String(name.hasSuffix(".exe") ? name.dropLast(4) : name)
    }

    /// `$(which docker || which podman)`, `$(command -v docker)`: the first known program that is searched for.
    static func sought(by text: String) -> String? {
        guard text.hasPrefix("$(") || text.hasPrefix("`") else { return nil }
        let words = text.split { !($0.isLetter || $0.isNumber || "-_./".contains($0)) }
        let isSearch = words.first.map { ["which", "command", "type", "shell"].contains($0) } ?? false
        let said = isSearch ? words : Array(words.drop { $0 != "echo" })
        return said.lazy.map { lastPart(String($0)) }.first { ImageProgram.named($0) != nil }
    }

    /// The program that the name of a variable means by convention: `DOCKER`, `HELM_BIN`, `CONTAINER_TOOL`.
    static func named(byVariable name: String) -> String? {
        if let known = byVariable[name] { return known }
        if named.contains(name.lowercased()) { return name.lowercased() }
        guard let end = ["_CMD", "_CLI", "_BIN", "_EXE", "CMD", "CLI", "BIN", "EXE"].first(where: name.hasSuffix) else {
            return nil
        }
        let front = name.dropLast(end.count).lowercased()
        return named.contains(front) ? front : nil
    }
}
