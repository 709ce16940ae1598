// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// The effects of the sources' answers.

extension SurveyPlan {
    /// A tag was read, and with it the manifest that it names.
    mutating func read(_ tag: SourceTag, _ content: ManifestContent) -> [Question] {
        tags[tag] = .success(content.digest)
        let key = ManifestCache.Key(store: tag.store, digest: content.digest)
        // A registry may return by tag a manifest that it does not return by digest.
        if case .failed = nodes[key] { nodes[key] = nil }
        var questions: [Question] = []
        for item in itemsByTag[tag] ?? [] { questions += want(root: content.digest, of: item) }
        questions.removeAll { question in
            if case .fetch(key, _) = question { true } else { false }
        }
        return questions + fetched(key, from: tag.repository, .success(content))
    }

    mutating func fetched(
        _ key: ManifestCache.Key, from repository: Repository, _ answer: Result<ManifestContent, TransferFailure>
    ) -> [Question] {
        guard case .asked(let asked) = nodes[key] else { return [] }
        do throws(TransferFailure) {
            let manifest = try read(try answer.get(), asked)
            let known = known(manifest, asked)
            nodes[key] = .known(known)
            for choice in choices { select(choice, of: manifest, at: key, asked) }
            var questions = asked.wantsChildren ? wantChildren(of: known, key, repository) : []
            for choice in choosing.removeValue(forKey: key) ?? [] {
                questions += want(chosenBy: choice, of: key, repository, asked)
            }
            return questions
        } catch {
            nodes[key] = .failed(error)
            return []
        }
    }

    mutating func read(_ content: ManifestContent, _ asked: Asked) throws(TransferFailure) -> ParsedManifest {
        let manifest = try asking(.source) { () throws(ContentFailure) in
            let parsed = try ParsedManifest(verifiable: content)
            descriptors[asked.owner, default: 0] += parsed.descriptorCount
            let reached = descriptors[asked.owner, default: 0]
            if let failure = settings.bounds.failure(depth: asked.depth, reached: reached) { throw failure }
            return parsed
        }
        bytesKept += Self.cost(of: manifest)
        guard bytesKept <= settings.surveyBytes else {
            let message = "what was read of the sources takes more than \(settings.surveyBytes >> 20) MiB of memory"
            throw TransferFailure(
                ContentFailure(.tooLarge, message, hint: "divide the list, or allow more with --memory"), side: .source)
        }
        return manifest
    }

    mutating func known(_ manifest: ParsedManifest, _ asked: Asked) -> Known {
        var numbers: [Int] = []
        for blob in manifest.blobs(includingForeign: false) {
            numbers.append(blobs.number(blob.digest, size: blob.size))
        }
        return Known(
            asked: asked, isIndex: manifest.isIndex, children: manifest.entries.map(SurveyCollector.Child.init),
            blobs: numbers, size: Int64(manifest.content.bytes.count))
    }

    /// Applies a choice while the bytes of the index are available. An index that is made of some of its entries has a
    /// digest of its own.
    mutating func select(
        _ choice: PlatformChoice, of manifest: ParsedManifest, at key: ManifestCache.Key, _ asked: Asked
    ) {
        let place = IndexChoice(of: choice, from: key.digest)
        do throws(ContentFailure) {
            guard let selection = try manifest.selection(of: choice, named: String(key.digest.short)) else { return }
            selections[place] = .success(Selection(selection))
            guard case .made(let index) = selection, index.digest != key.digest else { return }
            nodes[ManifestCache.Key(store: key.store, digest: index.digest)] = .known(known(index, asked))
        } catch {
            selections[place] = .failure(TransferFailure(error, side: .source))
        }
    }

    /// Bytes of memory, about: of the manifest in the table and in an item's list, and of each child and blob that is new.
    static func cost(of manifest: ParsedManifest) -> Int { 400 + 300 * manifest.descriptorCount }
}
