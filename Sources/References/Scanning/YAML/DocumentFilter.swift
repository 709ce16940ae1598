// SPDX-License-Identifier: Apache-2.0

/// Decides by the words in a document whether it is worth reading: most documents are not, and are never parsed.
struct DocumentFilter {
    private let kind: FileKind
    private let options: ScanOptions
    /// For each of the user's rules the word that a document must hold. nil: the rule may match any document.
    private let ruleWords: [SearchWord?]

    init(_ kind: FileKind, _ options: ScanOptions) {
        self.kind = kind
        self.options = options
        ruleWords = options.rules.map { rule in rule.lastKey.map { SearchWord($0) } }
    }

    private static let image = SearchWord("mage")
    /// As in `DEFAULT_IMAGE`.
    private static let capitals = SearchWord("IMAGE")
    private static let apiVersion = SearchWord("apiVersion")
    private static let resource = ["apiVersion:", "kind:"].map { SearchWord($0) }
    private static let repository = SearchWord("repo")
    /// Of Cloud Build, whose files can have any name.
    private static let steps = SearchWord("steps:")
    /// Of Helmfile, whose files name files of values.
    private static let releases = SearchWord("releases:")
    /// Of Fleet, whose files name files of values.
    private static let valuesFiles = SearchWord("valuesFiles")
    /// Of sources of Argo CD, and of Fleet, whose files give values to charts.
    private static let helm = SearchWord("helm:")
    /// Of Compose, whose files can have any name, and may build all images that they run.
    private static let (services, build) = (SearchWord("services:"), SearchWord("build:"))
    /// Of a JSON patch (RFC 6902 §4).
    private static let operation = SearchWord("\"op\"")
    /// Words in documents that name images without the word image.
    private static let others =
        (PublishedRules.quietGroups + [
            "helm.toolkit.fluxcd.io", "helm.cattle.io", "argoproj.io/", KustomizationScanner.chartGenerator,
        ]
        + [KubernetesScanner.buildConfig] + ResourceSettingScanner.words + DeliveryScanner.words).map { SearchWord($0) }

    /// Whether a document can hold a reference at all; most cannot, and are not parsed.
    func mayHoldReferences(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        switch kind {
        case .yaml, .json:
            if options.findsGuesses || (options.readsEverything && kind == .yaml) { return true }
            let isResource = ByteSearch.contains(Self.apiVersion, in: bytes, range)
            // This is not to save time: other JSON is not a manifest.
            if kind == .json, !isResource, !isPatch(range, of: bytes), !isAWS(range, of: bytes),
                !isAzure(range, of: bytes), !isPacker(range, of: bytes), !isContainer(range, of: bytes)
            {
                return false
            }
            if options.readsEverything || CloudConfigScanner.isMeant(bytes) { return true }
            if ByteSearch.contains(Self.image, in: bytes, range) { return true }
            if holdsAny(Self.sites, range, of: bytes) { return true }
            if kind == .yaml, !isResource,
                [Self.steps, Self.releases, Self.helm].contains(where: { ByteSearch.containsLine($0, in: bytes, range) }
                )
                    || isCompose(range, of: bytes) || ByteSearch.contains(Self.valuesFiles, in: bytes, range)
            {
                return true
            }
            if holdsAny(isResource ? Self.scripts : Self.plays, range, of: bytes), CommandWords.stand(in: bytes, range)
            {
                return true
            }
            return isResource && Self.others.contains { ByteSearch.contains($0, in: bytes, range) }
                || ruleWords.contains { word in word.map { ByteSearch.contains($0, in: bytes, range) } ?? true }
        case .manifest: return Self.resource.allSatisfy { ByteSearch.containsLine($0, in: bytes, range) }
        case .helmValues:
            // A resource whose file is named like values is read as a resource.
            return options.findsGuesses || options.readsEverything
                || [Self.image, Self.capitals, Self.repository, Self.apiVersion].contains {
                    ByteSearch.contains($0, in: bytes, range)
                }
        // Most packages run no such program.
        case .pipeline(.npm):
            return options.findsGuesses || options.readsEverything || CommandWords.stand(in: bytes, range)
        default: return true
        }
    }

    private func isCompose(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        ByteSearch.containsLine(Self.services, in: bytes, range) && ByteSearch.contains(Self.build, in: bytes, range)
    }

    private static let sites = AzureScanner.words.map { SearchWord($0) }
    /// Words in documents that run programs: those of Ansible, which are known by their content, of GitLab and of
    /// Azure.
    private static let plays = [
        "hosts", "ansible.builtin.", "script:", "script\"", "bash:", "pwsh:", "powershell:",
    ].map { SearchWord($0) }
    /// Words in resources with shell text: in steps, in commands, and in files of a ConfigMap.
    private static let scripts = [
        "script:", "script\"", "source:", "source\"", "command:", "command\"", ".sh", "#!",
    ].map { SearchWord($0) }

    private func holdsAny(
        _ words: [SearchWord], _ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        words.contains { ByteSearch.contains($0, in: bytes, range) }
    }

    /// Whether a document that is not read has to be searched for texts that look like references.
    func mayHoldGuesses(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        options.countsGuesses && kind != .manifest && GuessScanner.mayFind(in: bytes, range)
    }

    /// A patch is an array. For all other JSON, by far the most, only the first byte is checked.
    private func isPatch(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let first = bytes[range].first { !TracedText.isBlank($0) }
        return first == UInt8(ascii: "[") && ByteSearch.contains(Self.operation, in: bytes, range)
    }

    private static let aws = AWSScanner.words.map { SearchWord($0) }

    private func isAWS(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        holdsAny(Self.aws, range, of: bytes)
    }

    private static let azureParameters = SearchWord("eploymentParameters.json")

    /// Parameter files of Azure's templates name their schema in the first lines.
    private func isAzure(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        ByteSearch.contains(Self.azureParameters, in: bytes, range.prefix(512))
    }

    private static let (builders, docker) = (SearchWord("\"builders\""), SearchWord("\"docker\""))

    /// A Packer template is recognized near its beginning.
    private func isPacker(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        ByteSearch.contains(Self.builders, in: bytes, range.prefix(4096))
            && ByteSearch.contains(Self.docker, in: bytes, range)
    }

    private static let (logPath, quotedImage) = (SearchWord("\"log_path\""), SearchWord("\"image\""))

    /// The input of `crictl create` is recognized near its beginning.
    private func isContainer(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let beginning = range.prefix(1024)
        return ByteSearch.contains(Self.logPath, in: bytes, beginning)
            && ByteSearch.contains(Self.quotedImage, in: bytes, beginning)
    }

    /// Whether a pipeline that is not YAML may be a template of a pipeline. Most formats of pipelines do not use such
    /// braces themselves.
    func mayBeTemplate(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard case .pipeline(let pipeline) = kind else { return false }
        if TemplateMask.isOtherTemplate(bytes, range) { return true }
        return ![.githubActions, .taskfile, .circleCI].contains(pipeline) && TemplateMask.isTemplate(bytes, range)
    }

    /// Whether a document of unknown kind has only expressions as pipelines write them: `${{ … }}`.
    func mayBePipeline(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        kind == .yaml && !TemplateMask.isOtherTemplate(bytes, range) && TemplateMask.holdsOnlyExpressions(bytes, range)
    }

    /// Whether a document of unknown kind may be plays or tasks, which are a list: the first line that is no comment and
    /// no mark begins with a dash or a bracket.
    func mayBePlay(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard kind == .yaml else { return false }
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        var start = 0
        while start < part.count {
            let end = ByteSearch.first(10, in: part, from: start) ?? part.count
            let line = part[start..<end].drop(while: TracedText.isBlank)
            let isSkipped = line.first.map { "#%".utf8.contains($0) } ?? true
            if !isSkipped, !line.starts(with: "---".utf8) { return line.first.map { "-[".utf8.contains($0) } ?? false }
            start = end + 1
        }
        return false
    }

    /// Whether a document is a template, whose actions have to be blanked out before it can be parsed.
    func isTemplate(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        // Pipelines have braces of their own, and so have the texts in them that Ansible fills in.
        if case .pipeline(let pipeline) = kind, ImagePlaces.of(pipeline) == nil { return false }
        if kind == .json { return TemplateMask.isTemplate(bytes, range) }
        return TemplateMask.isOtherTemplate(bytes, range)
            || (TemplateMask.isTemplate(bytes, range) && !TemplateMask.isInComments(bytes, range))
    }
}
