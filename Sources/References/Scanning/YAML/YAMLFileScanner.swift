// SPDX-License-Identifier: Apache-2.0

/// Finds the references of a YAML or JSON file, document by document.
struct YAMLFileScanner {
    private let filter: DocumentFilter
    private let options: ScanOptions
    private var documents: YAMLDocumentScanner
    /// The file with its template actions blanked out, in each way that was needed.
    private var masked: [TemplateMask.Way: [UInt8]] = [:]

    init(_ kind: FileKind, _ options: ScanOptions, _ context: DocumentContext) {
        self.options = options
        filter = DocumentFilter(kind, options)
        documents = YAMLDocumentScanner(
            kind: kind, rules: options.rules, tasks: options.tasks, heldValues: options.heldValues, context: context)
    }

    /// - Parameter file: the unchanged file, if parts of it are blanked out in `bytes`.
    consuming func scan(_ bytes: [UInt8], file: [UInt8]) -> ScanResult {
        bytes.withUnsafeBufferPointer { buffer in
            file.withUnsafeBufferPointer { file in scanDocuments(of: buffer, file: file) }
        }
        documents.result.findings = documents.result.findings.inFileOrder
        return documents.result
    }

    private mutating func scanDocuments(
        of bytes: UnsafeBufferPointer<UInt8>, file: UnsafeBufferPointer<UInt8>
    ) {
        guard filter.mayHoldReferences(0..<bytes.count, of: bytes) || filter.mayHoldGuesses(0..<bytes.count, of: bytes)
        else { return }
        documents.inputs = GitLabInputs.defaults(in: bytes)
        var stream = YAMLStream(bytes)
        var document = YAMLDocument(bytes)
        while let range = stream.next() {
            guard filter.mayHoldReferences(range, of: bytes) else {
                if filter.mayHoldGuesses(range, of: bytes) { countGuesses(in: &document, range, file: file) }
                continue
            }
            if filter.isTemplate(range, of: bytes) {
                if scanWhole(in: &document, range, file: file) { continue }
                scanTemplate(range, of: bytes, file: file)
                continue
            }
            do throws(YAMLError) {
                try document.parse(range)
                scan(YAMLView(document: document, file: file))
            } catch {
                if filter.mayBeTemplate(range, of: bytes) || TemplateMask.holdsComment(bytes, range) {
                    scanTemplate(range, of: bytes, file: file)
                } else {
                    documents.result.problems.append(ScanProblem("not YAML: " + error.message, at: error.offset))
                }
            }
        }
    }

    private mutating func countGuesses(
        in document: inout YAMLDocument, _ range: Range<Int>, file: UnsafeBufferPointer<UInt8>
    ) {
        guard (try? document.parse(range)) != nil, document.root >= 0 else { return }
        var guesses = GuessScanner(view: YAMLView(document: document, file: file), known: [])
        guesses.scan()
        documents.result.guesses += guesses.findings
    }

    /// Reads a document that is known by its content and is YAML with its actions, because they are only in texts: plays
    /// and tasks of Ansible, and pipelines of Azure. In block scalars, text that is blanked out would be lost.
    ///
    /// - Returns: whether the document is one.
    private mutating func scanWhole(
        in document: inout YAMLDocument, _ range: Range<Int>, file: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let mayBePipeline = filter.mayBePipeline(range, of: document.bytes)
        guard mayBePipeline || filter.mayBePlay(range, of: document.bytes), (try? document.parse(range)) != nil,
            AnsibleScanner.isAnsible(document)
                || (mayBePipeline && SettingsSniffer.kind(of: document, kind: nil, version: "") == .azurePipelines)
        else { return false }
        scan(YAMLView(document: document, file: file))
        return true
    }

    /// Reads what a template's actions leave as YAML. Where even that is not YAML, reads it line by line.
    private mutating func scanTemplate(
        _ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>, file: UnsafeBufferPointer<UInt8>
    ) {
        guard let error = scanMasked(range, of: bytes, file: file) else { return }
        guard masked[TemplateMask.Way()]?[range].elementsEqual(bytes[range]) == false else {
            // Braces, but no action between them.
            documents.result.problems.append(ScanProblem("not YAML: " + error.message, at: error.offset))
            return
        }
        var lines = TemplateLineScanner(file: file, range: range, of: documents.kind)
        documents.result.findings += lines.findings()
        documents.result.problems.append(
            ScanProblem(
                "a template that is no YAML even without its actions: only image: lines are read", at: error.offset))
    }

    /// Reads a template in the first way to blank out its actions that leaves YAML.
    ///
    /// - Returns: why the usual way leaves no YAML, if no way does.
    private mutating func scanMasked(
        _ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>, file: UnsafeBufferPointer<UInt8>
    ) -> YAMLError? {
        var first: YAMLError?
        for way in TemplateMask.Way.all {
            let masked = masked[way] ?? TemplateMask.masked(bytes, way)
            self.masked[way] = masked
            let error = masked.withUnsafeBufferPointer { buffer -> YAMLError? in
                var document = YAMLDocument(buffer)
                do throws(YAMLError) { try document.parse(range) } catch { return error }
                scan(YAMLView(document: document, file: file, isTemplate: true))
                return nil
            }
            guard let error else { return nil }
            first = first ?? error
        }
        return first
    }

    private mutating func completeChoices(of view: YAMLView, from position: Int) {
        guard position < documents.result.findings.count, view.root >= 0 else { return }
        let findings = Array(documents.result.findings[position...])
        let completed = ChoiceLists(view).completed(findings)
        let advised = NameUses(view, completed).advised(completed)
        documents.result.findings.replaceSubrange(position..., with: RegistryLogins.told(advised, in: view))
    }

    private mutating func scan(_ view: YAMLView) {
        let before = documents.result.findings.count
        documents.scan(view)
        completeChoices(of: view, from: before)
        if view.isTemplate {
            for place in before..<documents.result.findings.count {
                documents.result.findings[place] = view.withoutFillers(documents.result.findings[place])
            }
        }
        guard view.root >= 0, options.findsGuesses || options.countsGuesses else { return }
        var guesses = GuessScanner(view: view, known: documents.result.findings[before...].map(\.range))
        guesses.scan()
        if options.findsGuesses {
            documents.result.findings += guesses.findings
        } else {
            documents.result.guesses += guesses.findings
        }
    }
}
