// SPDX-License-Identifier: Apache-2.0

/// Finds the images that the texts of one place name.
struct ShellImageFinder {
    private let place: ShellPlace
    /// The file that contains the texts, if it is known.
    let file: UnsafeBufferPointer<UInt8>?
    private let uses: ShellUses
    var found: FoundImages
    /// Variables whose values were all found at their assignments. Further uses add nothing.
    private var settled: Set<String> = []

    /// - Parameter uses: what all places together make and use.
    static func images(
        of place: ShellPlace, _ uses: ShellUses, in file: UnsafeBufferPointer<UInt8>?, kind: FindingKind
    ) -> FoundImages {
        var finder = ShellImageFinder(place, uses, file, kind)
        finder.find()
        return finder.found
    }

    private init(
        _ place: ShellPlace, _ uses: ShellUses, _ file: UnsafeBufferPointer<UInt8>?, _ kind: FindingKind
    ) {
        (self.place, self.uses, self.file, found) = (place, uses, file, FoundImages(kind))
    }

    private mutating func find() {
        for (word, written) in place.images where !isProduct(word) { add(word, written: written) }
        for (name, word, written) in place.named where !uses.isNoImage(name) && !isProduct(word) {
            add(word, written: written)
        }
        for (word, isRemoved) in place.locals
        where !isProduct(word) && uses.isPulled(word, isRemoved: isRemoved, in: variables) {
            add(word, written: nil)
        }
        for replacement in place.replacements { find(replacement) }
        for word in place.arguments { find(argument: word) }
        for (name, raw) in place.settings { find(setting: name, raw) }
        for (_, words) in place.chartSettings { place.settings(in: words).find(in: &found, except: isProduct) }
    }

    var variables: ShellVariables { place.variables }

    func isProduct(_ word: TracedText) -> Bool { uses.isProduct(word, in: place.variables) }

    private mutating func find(setting name: String, _ raw: TracedText) {
        guard !uses.isNoImage(name) else { return }
        if ImageText.isImageListName(name) {
            for word in variables.value(of: raw, except: name)?.words(between: " \t\r\n,") ?? [] {
                if ImageText.isListed(word.string), !isProduct(word) { found.add(word) }
            }
        }
        guard ImageText.mayHoldImage(name) else { return }
        guard let text = variables.value(of: raw, except: name) else {
            let turns = variables.tableTurns(of: raw)
            return turns.isEmpty ? find(openSetting: name, raw) : find(setting: name, raw, turns: turns)
        }
        guard !isProduct(text), ImageText.reference(of: text.string, namedBy: name) != nil else { return }
        // For `${X:-y}`, the default is the text that stands for the image.
        found.add(text, written: ShellVariables.hasDefault(raw) ? text : ShellVariables.unquoted(raw))
    }

    /// Finds the images of a setting for each row of a matrix.
    private mutating func find(setting name: String, _ raw: TracedText, turns: [TracedText]) {
        let images = turns.filter { !isProduct($0) && ImageText.reference(of: $0.string, namedBy: name) != nil }
        for image in images where image.contiguousRange != nil { found.add(image) }
        let composed = images.filter { $0.contiguousRange == nil }
        if !composed.isEmpty { found.add(composed, written: ShellVariables.unquoted(raw)) }
    }

    /// Finds a name, a colon, and a tag that is filled in later: `acme/x:$TAG`. If the text runs the image in this
    /// setting, the finding is at that place.
    private mutating func find(openSetting name: String, _ raw: TracedText) {
        let written = ShellVariables.unquoted(raw)
        // For GitLab, the finding is at the job that uses the variable as its image.
        guard found.kind != .gitlabCI, ImageText.isImageName(name) || ImageText.isCapitalName(name),
            !uses.isRun(name),
            OpenTag.front(of: written.string).map({ !uses.isProduct(front: $0) }) ?? isNamed(around: written),
            case .open(let variable) = variables.expand(raw, except: name)
        else { return }
        found.add(open: variable, written: written)
    }

    /// Whether a registry stands before variables (`quay.io/acme/{{ name }}:1`), or a part of an image's name behind them:
    /// `{{ registry }}acme/app:v1`, `{{ prefix }}app`. In a shell's text the command that uses the variable shows the
    /// rest.
    private func isNamed(around text: TracedText) -> Bool {
        guard found.kind == .ansible else { return false }
        let front = text.string.prefix { $0 != "$" }
        let host = front.prefix { $0 != "/" }
        if host.count < front.count, host.contains("."), ImageName.reference(front + "x") != nil { return true }
        guard let end = text.bytes.lastIndex(of: UInt8(ascii: "}")) else { return false }
        let rest = text[end + 1..<text.count].string.drop { "/-_.".contains($0) }
        return ImageName.reference(String(rest)) != nil && !ImageText.isFileName(rest)
    }

    mutating func add(_ word: TracedText, written: TracedText?) {
        let written = written ?? ShellVariables.unquoted(word)
        if let name = ShellVariables.variable(word) {
            if settled.contains(name) { return }
            if variables.mayBeOptions(word) { return found.add(TracedText(), open: name, written: written) }
            let values = variables.values(of: word)
            // A variable's value is found at its assignment, if it is one piece there.
            let composed = values.compactMap { $0?.contiguousRange == nil && $0?.isEmpty == false ? $0 : nil }
            if composed.count > 1, !values.contains(nil) {
                found.add(composed.filter { !isProduct($0) }, written: written)
            }
            if values.allSatisfy({ $0?.contiguousRange?.isEmpty == false }) { settled.insert(name) }
            for value in values {
                guard let value else {
                    addOpen(word, name, written: written)
                    continue
                }
                guard let place = value.contiguousRange, !place.isEmpty else {
                    found.add(value, open: name, written: written)
                    continue
                }
                if !isProduct(value) { found.add(value) }
            }
            return
        }
        switch variables.expand(word) {
        case .text(let text): found.add(text, written: written)
        case .open(let name):
            let turns = variables.turns(of: word)
            if turns.isEmpty { addOpen(word, name, written: written) } else { found.add(turns, written: written) }
        }
    }

    /// Adds a word of which a part has no value. A variable in it may hold the name and a tag without a value.
    private mutating func addOpen(_ word: TracedText, _ name: String, written: TracedText) {
        let known = variables.filled(word)
        let isNamed = !known.bytes.elementsEqual(written.bytes) && !OpenTag.parts(of: known).isEmpty
        let inner = isNamed ? TemplateText.variable(in: known.string) ?? name : name
        let open = variables.decider(of: inner.first?.isNumber == true ? name : inner)
        found.add(open: open, written: written, parts: isNamed ? OpenTag.parts(of: known) : nil)
    }

    /// `NAME=image` of a build's arguments, `name=docker-image://…` of its contexts, `container=image` for a cluster.
    private mutating func find(argument word: TracedText) {
        guard let (name, value) = ShellVariables.unquoted(word).cut(at: UInt8(ascii: "=")) else { return }
        let texts = variables.value(of: value).map { [$0] } ?? variables.tableTurns(of: value)
        for image in texts.compactMap({ BuildValue(name: name.string, text: $0).image }) where !isProduct(image) {
            found.add(image, written: image.contiguousRange == nil ? value : image)
        }
    }
}

extension FoundImages {
    fileprivate mutating func add(_ value: TracedText, open name: String, written: TracedText) {
        if value.isEmpty { add(open: name, written: written) } else { add(value, written: written) }
    }
}
