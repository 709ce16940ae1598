// SPDX-License-Identifier: Apache-2.0

/// The Dockerfiles that a program builds.
struct ProgramBuilds {
    private let tokens: ProgramTokens
    private let values: ProgramValues
    private(set) var followUps: [FollowUp] = []
    /// The images of Dockerfiles that are texts of the program.
    private(set) var findings: [Finding] = []

    /// - Parameter kind: the kind of the program. Only programs of Jenkins and Tilt build Dockerfiles.
    init(_ tokens: ProgramTokens, _ values: ProgramValues, kind: FindingKind) {
        self.tokens = tokens
        self.values = values
        for index in tokens.indices {
            switch (kind, tokens[index].name) {
            case (.jenkins, "dockerfile"): block(at: index)
            case (.jenkins, "build"): call(at: index)
            case (.tiltfile, let name?) where ProgramRules.tiltBuilds.contains(name): tilt(at: index)
            default: continue
            }
        }
    }

    private func text(at index: Int) -> TracedText? {
        guard case .text(let text, _) = values.value(at: index) else { return nil }
        return text
    }

    private func options(_ text: TracedText) -> BuildCommand {
        var lexer = ShellLexer(SourceText(text))
        lexer.read()
        return BuildCommand(options: lexer.commands.first?.words ?? [])
    }

    /// `dockerfile { filename 'x'; dir 'y'; additionalBuildArgs '--build-arg V=1' }` (jenkins.io/doc,
    /// "Pipeline Syntax").
    private mutating func block(at index: Int) {
        guard index + 1 < tokens.count, tokens[index + 1].isMark("{") else { return }
        var file = TracedText(untraced: "Dockerfile")
        var folder: TracedText?
        var build = BuildCommand(start: .above)
        for index in tokens.direct(in: index + 1) where index + 1 < tokens.count {
            guard let name = tokens[index].name, let text = text(at: index + 1) else { continue }
            switch name {
            case "filename": file = text
            case "dir": folder = text
            case "additionalBuildArgs": build.arguments = options(text).arguments
            default: continue
            }
        }
        build.file = folder.map { $0 + TracedText(untraced: "/") + file } ?? file
        followUps += build.followUps()
    }

    /// `docker.build('name', '-f x --build-arg V=1 folder')` (jenkins.io/doc, "Using Docker with Pipeline").
    private mutating func call(at index: Int) {
        guard index > 1, tokens[index - 1].isMark("."), tokens[index - 2].name == "docker",
            let open = ProgramCall("build").opening(tokens, after: index)
        else { return }
        let arguments = tokens.arguments(of: open)
        guard arguments.count > 1, let text = text(at: arguments[1]) else { return }
        followUps += options(text).followUps()
    }

    /// `docker_build('name', 'folder', dockerfile='x', build_args={'V': '1'})` (docs.tilt.dev, "docker_build").
    private mutating func tilt(at index: Int) {
        guard let open = ProgramCall("*").opening(tokens, after: index) else { return }
        let isCustom = tokens[index].name?.hasPrefix("custom") == true
        var build = BuildCommand(start: .folder)
        var contents: TracedText?
        for (number, start) in tokens.arguments(of: open).enumerated() {
            guard start + 1 < tokens.count, let name = tokens[start].name, tokens[start + 1].isMark("=") else {
                if number == 1 { build.context = text(at: start) }
                continue
            }
            switch name {
            case "context": build.context = text(at: start + 2)
            case "dockerfile": build.file = text(at: start + 2)
            case "dockerfile_contents":
                contents = text(at: start + 2)
                if contents == nil { return }
            case "build_args": give(at: start + 2, to: &build)
            default: continue
            }
        }
        if let contents { return dockerfile(contents, build) }
        // Any command makes the image. What it is given besides is no folder of a Dockerfile.
        if !isCustom { followUps += build.followUps() }
    }

    private mutating func dockerfile(_ contents: TracedText, _ build: BuildCommand) {
        let arguments = build.arguments { [$0.string] }
        findings += DockerfileScanner.scan(contents.bytes, origins: OriginMap(contents), arguments: arguments).findings
    }

    /// `{'V': '1'}`.
    private func give(at open: Int, to build: inout BuildCommand) {
        guard open < tokens.count, tokens[open].isMark("{") else { return }
        for index in tokens.direct(in: open) where tokens[index].isMark(":") {
            guard let name = tokens[index - 1].text?.written.string, let value = text(at: index + 1) else { continue }
            build.give(name, value)
        }
    }
}
