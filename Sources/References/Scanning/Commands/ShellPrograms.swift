// SPDX-License-Identifier: Apache-2.0

/// The words that a command begins with: whether one of them is a program, and which one.
enum ShellPrograms {
    /// Words before a command that are not commands: reserved words.
    static let prefixes: Set<String> = [
        "if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "@", "&&",
    ]
    /// Programs that only print or search their words, and run none of them.
    static let printers: Set<String> = [
        "echo", "printf", "print", "cat", "grep", "egrep", "rg", "sed", "awk", "log", "info", "warn", "error", "die",
        "fail", "debug", "which", "type", "test", "[", "[[", "alias", "apt-get", "apt", "yum", "dnf", "apk", "brew",
        "pip", "systemctl", "service", "pkill", "killall", "pgrep", "hash", "man", "case", "for", "select", "function",
        "return", "cd", "ls", "rm", "mkdir", "usermod", "groupadd", "chown", "chmod",
    ]
    static let shells: Set<String> = ["sh", "bash", "ash", "dash", "zsh", "ksh", "su", "eval", "ssh"]
    /// Variables that by convention hold the name of a program.
    static let byVariable: [String: String] = [
        "DOCKER": "docker", "DOCKER_CMD": "docker", "DOCKER_BIN": "docker", "DOCKER_COMMAND": "docker",
        "PODMAN": "podman", "CONTAINER_TOOL": "docker", "CONTAINER_RUNTIME": "docker", "CONTAINER_ENGINE": "docker",
        "CONTAINER_CLI": "docker", "CONTAINER_CMD": "docker", "OCI_BIN": "docker", "OCI_RUNTIME": "docker",
        "CONTAINER_COMMAND": "docker", "NERDCTL": "nerdctl", "KUBECTL": "kubectl", "CRANE": "crane",
        "SKOPEO": "skopeo", "KIND": "kind", "TRIVY": "trivy", "DOCKER_COMPOSE": "docker-compose",
    ]

    static func lastPart(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    /// `$(which docker || which podman)`, `$(command -v docker)`: the first known program that is searched for.
    static func sought(by text: String) -> String? {
        guard text.hasPrefix("$(") || text.hasPrefix("`") else { return nil }
        let words = text.split { !($0.isLetter || $0.isNumber || "-_./".contains($0)) }
        let isSearch = words.first.map { ["which", "command", "type", "shell"].contains($0) } ?? false
        let said = isSearch ? words : Array(words.drop { $0 != "echo" })
        return said.lazy.map { lastPart(String($0)) }.first { ImageProgram.named($0) != nil }
    }

    /// The program that the name of a variable means by convention: `DOCKER`, `CONTAINER_TOOL`, `DOCKERCMD`.
    static func named(byVariable name: String) -> String? {
        if let known = byVariable[name] { return known }
        guard ["CMD", "CLI", "BIN", "EXE"].contains(where: name.hasSuffix) else { return nil }
        return name.hasPrefix("DOCKER") ? "docker" : name.hasPrefix("PODMAN") ? "podman" : nil
    }
}
