// SPDX-License-Identifier: Apache-2.0

/// Finds the images in one command line.
struct CommandLineReader {
    /// The meaning of a word, by its place.
    enum Role: Hashable {
        case image, product, argument, settings, chart, document, file(NamedFile)
        /// An image that has to be on this machine already.
        case local(isRemoved: Bool)
        /// `name=image` or `name:tag` for a kustomization, with the place of the last byte of the word before it.
        case replacement(after: Int)
    }

    private let words: [TracedText]
    private let read: (TracedText) -> String?
    private let knowsOptions: (TracedText, CommandOptions) -> Bool
    /// The last word of the command itself.
    private var verb = TracedText()
    private(set) var found: [(role: Role, word: TracedText)] = []
    /// The build that the command runs. nil: it builds nothing.
    private(set) var build: BuildCommand?

    /// - Parameters:
    ///   - words: the words as written, beginning with the program's name.
    ///   - isOptions: whether a word is known to hold options of a command, or nothing at all.
    ///   - read: returns the text that a word means, if it is known.
    init(
        _ words: [TracedText], isOptions: @escaping (TracedText, CommandOptions) -> Bool = { _, _ in false },
        read: @escaping (TracedText) -> String?
    ) {
        self.words = words
        knowsOptions = isOptions
        self.read = read
    }

    mutating func scan(_ program: ImageProgram) {
        guard let (command, start) = command(of: program) else { return }
        verb = words[start - 1]
        if let options = command.build {
            build = BuildCommand()
            build?.looksInContext = options.looksInContext
        }
        var position = start
        var operands: [TracedText] = []
        var (isFile, isImage) = (false, false)
        while position < words.count {
            let word = words[position]
            position += 1
            if word.bytes.elementsEqual("--".utf8) {
                operands += words[position...]
                break
            }
            guard let option = command.options.option(text(word)) else {
                if knowsOptions(word, command.options) { continue }
                operands.append(word)
                if command.operands == .command { break }
                if command.operands == .first, isOperand(operands, before: position, command.options) { break }
                continue
            }
            var value = option.valueOffset.map { offset in cut(word, offset) }
            if option.takesNext, position < words.count {
                value = words[position]
                position += 1
            }
            if let value { take(value, of: option.name, command) }
            if command.fileOptions.contains(option.name) { isFile = true }
            if let value, command.imageOption[option.name] == text(value) { isImage = true }
        }
        if isImage { return take(operands.first, as: .image, of: command) }
        if build != nil, build?.context == nil { build?.context = operands.first.map(ShellVariables.unquoted) }
        if !isFile { take(operands, command) }
    }

    /// The text of an option's word, without quotes around the whole word.
    private func text(_ word: TracedText) -> String { ShellVariables.unquoted(word).string }

    private func cut(_ word: TracedText, _ offset: Int) -> TracedText {
        let word = ShellVariables.unquoted(word)
        return word[min(offset, word.count)..<word.count]
    }

    /// The command that the words after the program's name select, and the index of the first word after it.
    private func command(of program: ImageProgram) -> (ImageCommand, Int)? {
        if let only = program.commands.first, only.verbs.isEmpty { return (only, 1) }
        var path: [String] = []
        var (best, any): ((ImageCommand, Int)?, (ImageCommand, Int)?)
        var position = 1
        while position < words.count {
            let word = words[position]
            position += 1
            if let option = program.options.option(text(word)) {
                if option.takesNext { position += 1 }
                continue
            }
            guard let text = read(word) else {
                guard path.isEmpty, ShellVariables.unquoted(word).bytes.first == UInt8(ascii: "$") else { break }
                // It holds options before the command, or the command itself.
                any = any ?? program.anyCommand.map { ($0, position) }
                continue
            }
            // A variable may also hold the command's first options.
            path += text.split(separator: " ").prefix { $0.first != "-" }.map(String.init)
            if let command = program.commands.first(where: { $0.verbs == path }) { best = (command, position) }
            guard program.commands.contains(where: { $0.verbs.count > path.count && $0.verbs.starts(with: path) })
            else {
                break
            }
        }
        return best ?? any
    }

    // MARK: - Operands

    /// Whether the last operand is the image. A variable without a value may hold options instead, if an image follows.
    private func isOperand(_ operands: [TracedText], before next: Int, _ options: CommandOptions) -> Bool {
        guard let word = operands.last, mayBeOptions(word) else { return true }
        var position = next
        while position < words.count {
            let word = words[position]
            position += 1
            if let option = options.option(text(word)) {
                if option.takesNext { position += 1 }
            } else if !knowsOptions(word, options) {
                // Only the first of the following words can be the image. The others are the command that runs in it.
                if isImage(word) || isImage(word, behind: operands[operands.count - 1]) { return false }
                guard read(word) == nil, word.bytes.first == UInt8(ascii: "$") else { return true }
            }
        }
        return true
    }

    /// Whether a word is an image, whatever precedes it. A path alone may be a file.
    private func isImage(_ word: TracedText) -> Bool {
        guard let text = read(word) else {
            return word.bytes.contains(36) && (ImageText.speaksOfImages(word.string) || Self.isName(before: word))
        }
        guard ImageName.reference(text) != nil else { return false }
        let bounds = ReferenceBounds(Array(text.utf8))
        return bounds.hasVersion || ImageText.hasHost(text)
    }

    /// Whether a variable is the image behind a list, which is never an image alone.
    private func isImage(_ word: TracedText, behind list: TracedText) -> Bool {
        guard ShellVariables.isList(list), ShellVariables.variable(word) != nil, !mayBeOptions(word) else {
            return false
        }
        return read(word) == nil || ImageText.speaksOfImages(word.string)
    }

    /// `acme/app:$VERSION`: a name of which only the tag is filled in.
    private static func isName(before word: TracedText) -> Bool {
        let text = ShellVariables.unquoted(word).bytes.prefix { !"$`\"'".utf8.contains($0) }
        guard let colon = text.lastIndex(of: UInt8(ascii: ":")), !text[colon...].contains(UInt8(ascii: "/")) else {
            return false
        }
        let name = String(decoding: text[..<colon], as: UTF8.self)
        return name.contains("/") && ImageName.reference(name) != nil
    }

    private func mayBeOptions(_ word: TracedText) -> Bool {
        let raw = word.string
        if raw.contains("[@]") || raw.contains("$@") || raw.contains("$*") { return true }
        guard word.bytes.first == UInt8(ascii: "$") else { return false }
        if let text = read(word) { return text.isEmpty || text.hasPrefix("-") }
        return !ImageText.speaksOfImages(raw)
    }

    private mutating func take(_ value: TracedText, of option: String, _ command: ImageCommand) {
        if command.imageOptions.contains(option) { found.append((.image, value)) }
        if let image = command.imageFields[option]?.image(in: value) { found.append((.image, image)) }
        if let image = command.localFields[option]?.image(in: value) { found.append((.local(isRemoved: false), image)) }
        if command.looseOptions.contains(option) {
            found.append((.argument, TracedText(untraced: "FROM=") + ShellVariables.unquoted(value)))
        }
        if command.productOptions.contains(option) { found.append((.product, value)) }
        if let made = command.productFields[option]?.image(in: value) { found.append((.product, made)) }
        if command.argumentOptions.contains(option), let argument = Self.argument(in: value, command) {
            found.append((.argument, argument))
        }
        if command.settingOptions.contains(option) { found.append((.settings, value)) }
        if command.documentOptions.contains(option) { found.append((.document, value)) }
        if let file = command.files[option] { found.append((.file(file), value)) }
        guard let options = command.build else { return }
        if options.file.contains(option) { build?.file = value }
        if options.context.contains(option) { build?.context = value }
        if options.arguments.contains(option) { build?.arguments.append(value) }
        if options.contexts.contains(option), let source = BuildValue.source(ofContext: value) {
            build?.contexts.append(value)
            found.append((.argument, source))
        }
    }

    /// `NAME=image`, without what precedes it.
    private static func argument(in value: TracedText, _ command: ImageCommand) -> TracedText? {
        guard !command.argumentMarks.isEmpty else { return value }
        let bare = ShellVariables.unquoted(value)
        let front = bare.string.prefix { $0 != "=" }
        return command.argumentMarks.lazy.compactMap { front.place(of: $0)?.upperBound }.first.map { end in
            bare[front.utf8.distance(from: front.startIndex, to: end)..<bare.count]
        }
    }

    private mutating func take(_ operands: [TracedText], _ command: ImageCommand) {
        switch command.operands {
        case .none, .command: break
        case .first: take(operands.last { !mayBeOptions($0) } ?? operands.last, as: .image, of: command)
        case .all:
            let images = operands.filter { command.verbs != ["pull"] || !mayBeOptions($0) }
            for operand in images.isEmpty ? operands : images { take(operand, as: .image, of: command) }
        case .firstMakesSecond:
            take(operands.first, as: .image, of: command)
            take(operands.count > 1 ? operands[1] : nil, as: .product, of: command)
        case .secondIsMade: take(operands.count > 1 ? operands[1] : nil, as: .product, of: command)
        case .files(let file): found += operands.map { (.file(file), $0) }
        case .lastIsChart: found += operands.suffix(1).map { (.chart, $0) }
        case .copies: takeCopies(operands, command)
        case .registryImages: for operand in operands { takeRegistryImage(operand, command) }
        case .replacements:
            for (word, operand) in zip([verb] + operands, operands) {
                found.append((.replacement(after: word.origins.last ?? TracedText.nowhere), operand))
            }
        case .products: for operand in operands { take(operand, as: .product, of: command) }
        case .assignments:
            for operand in operands.dropFirst() {
                let image = ShellVariables.unquoted(operand).cut(at: UInt8(ascii: "="))?.after
                take(image, as: .image, of: command)
            }
        }
    }

    private mutating func takeCopies(_ operands: [TracedText], _ command: ImageCommand) {
        let pairs = operands.compactMap { ShellVariables.unquoted($0).cut(at: UInt8(ascii: "=")) }
        let images = pairs.isEmpty ? Array(operands.prefix(1)) : pairs.map(\.before)
        let copies = pairs.isEmpty ? Array(operands.dropFirst()) : pairs.map(\.after)
        // `file://` and `s3://` lead to no registry.
        for image in images where !image.string.contains("://") { take(image, as: .image, of: command) }
        for copy in copies where !copy.string.contains("://") { take(copy, as: .product, of: command) }
    }

    /// - Parameter operand: an image, `image~address` for a builder and what it builds, or the name of something else.
    private mutating func takeRegistryImage(_ operand: TracedText, _ command: ImageCommand) {
        let word = ShellVariables.unquoted(operand)
        let builder = word.cut(at: UInt8(ascii: "~"))?.before
        guard let text = read(builder ?? operand), ImageName.reference(text) != nil, !text.hasSuffix(".git"),
            text.contains("/")
        else { return }
        if ImageText.hasHost(text) || (builder != nil && !text.hasPrefix("openshift/")) {
            take(builder ?? operand, as: .image, of: command)
        }
    }

    /// Podman, Buildah and similar programs accept a transport before an image (containers-transports(5)).
    private static func withoutTransport(_ word: TracedText) -> TracedText {
        let bare = ShellVariables.unquoted(word)
        let prefix = "docker://"
        return bare.bytes.starts(with: prefix.utf8) ? bare[prefix.utf8.count..<bare.count] : word
    }

    private mutating func take(_ word: TracedText?, as role: Role, of command: ImageCommand) {
        guard var word else { return }
        if !command.prefix.isEmpty {
            // Other transports (`dir:`, `oci-archive:`) lead to no registry.
            let bare = ShellVariables.unquoted(word)
            guard bare.bytes.starts(with: command.prefix.utf8) else { return }
            word = bare[command.prefix.utf8.count..<bare.count]
        } else {
            word = Self.withoutTransport(word)
        }
        if role == .image {
            if Self.isIdentifier(word) { return }
            if command.isLocal { return found.append((.local(isRemoved: command.removes), word)) }
        }
        found.append((role, word))
    }

    /// Whether a word is the beginning of an image's ID, as commands show it: twelve hexadecimal digits.
    private static func isIdentifier(_ word: TracedText) -> Bool {
        let bytes = ShellVariables.unquoted(word).bytes
        return bytes.count == 12 && bytes.contains { $0 &- 48 < 10 }
            && bytes.allSatisfy { $0 &- 48 < 10 || $0 &- 97 < 6 }
    }
}
