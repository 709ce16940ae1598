// SPDX-License-Identifier: Apache-2.0

/// Finds the images of settings in TOML, at the keys that the table lists for their kind.
enum TOMLScanner {
    static func scan(_ bytes: [UInt8], kind: FindingKind) -> ScanResult { scan(TOMLReader(bytes), kind: kind) }

    /// Scans settings that are a text in another file.
    static func scan(_ text: TracedText, kind: FindingKind) -> ScanResult { scan(TOMLReader(text), kind: kind) }

    private static func scan(_ reader: TOMLReader, kind: FindingKind) -> ScanResult {
        var (result, reader) = (ScanResult(), reader)
        guard let places = ImagePlaces.of(kind) else { return result }
        reader.read()
        if let problem = reader.problem { result.problems.append(problem) }
        var found = FoundImages(kind)
        for entry in reader.entries {
            if places.images.contains(where: { $0.matches(entry.path) }) {
                if let image = image(entry) { found.add(image) }
            }
        }
        result.findings = found.findings
        if kind == .gitlabRunner {
            result.findings = (result.findings + jobSettings(in: reader.entries)).inFileOrder
        }
        result.followUps = places.builds.flatMap { followUps(of: $0, in: reader.entries) }
        return result
    }

    /// What GitLab's runners give to all jobs: variables, and shell text around their own.
    private static func jobSettings(in entries: [TOMLReader.Entry]) -> [Finding] {
        var shell = ShellScanner(.gitlabRunner)
        for entry in entries where entry.path.count == 2 && entry.path[0] == "runners" {
            switch entry.path[1] {
            case "environment":
                guard let (name, value) = ShellScanner.assignment(entry.text) else { continue }
                shell.add(setting: name, value)
            case let name where name.hasSuffix("_script"): shell.read(SourceText(entry.text))
            default: continue
            }
        }
        return shell.finished().findings
    }

    /// The Dockerfiles of one kind of build, with the arguments beside each of them.
    private static func followUps(of build: ImagePlaces.Build, in entries: [TOMLReader.Entry]) -> [FollowUp] {
        let named = entries.filter { build.file.matches($0.path) }.map { (file: $0.text, holder: $0.path.dropLast()) }
        let builds = named.isEmpty ? fallback(of: build, in: entries) : named
        return builds.flatMap { file, holder in
            var command = BuildCommand(file: file)
            for entry in entries where entry.path.dropLast() == holder + [build.arguments] {
                command.give(entry.path.last ?? "", entry.text)
            }
            return command.followUps()
        }
    }

    /// The default Dockerfile, if no file is named and there are build arguments. The file is also found by its name,
    /// but is read again with these arguments.
    private static func fallback(
        of build: ImagePlaces.Build, in entries: [TOMLReader.Entry]
    ) -> [(file: TracedText, holder: ArraySlice<String>)] {
        guard let name = build.fallback else { return [] }
        let holder = build.file.steps.dropLast()
        guard entries.contains(where: { $0.path.dropLast() == holder + [build.arguments] }) else { return [] }
        return [(TracedText(untraced: name), holder)]
    }

    /// The image of an entry. A `uri` may be another address, and is an image only with `docker://`.
    private static func image(_ entry: TOMLReader.Entry) -> TracedText? {
        let prefix = "docker://"
        if entry.text.bytes.starts(with: prefix.utf8) { return entry.text[prefix.utf8.count..<entry.text.count] }
        return entry.path.last == "uri" ? nil : entry.text
    }
}
