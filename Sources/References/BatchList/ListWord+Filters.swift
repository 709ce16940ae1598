// SPDX-License-Identifier: Apache-2.0

import OCI

extension ListWord {
    /// Reads a source whose colon is followed by a tag filter.
    static func filteredRepository(
        _ text: String
    ) throws(WordError) -> (repository: SourceRepository, name: String, filter: TagFilter) {
        let filterText = tagFilter(in: text) ?? ""
        let name = String(text.dropLast(filterText.count + 1))
        let filter: TagFilter
        do throws(TagFilterError) { filter = try TagFilter(parsing: filterText) } catch {
            throw WordError(
                message: "\"\(text.displayable)\" has a tag filter that cannot be read: \(error.reason.displayable)",
                hint: error.hint)
        }
        return (try repository(name), name, filter)
    }

    /// Reads the target of the tags of a filter: a repository, returned as it was typed.
    static func targetRepository(_ text: String) throws(WordError) -> String {
        if (try? Reference.parseRepository(text)) == nil, let reference = try? Reference(parsing: text) {
            let tail = (reference.tag.map { ":\($0.name)" } ?? "") + (reference.digest.map { "@\($0.text)" } ?? "")
            throw WordError(
                message: "\"\(text.displayable)\" names one image, and its source's filter may select several tags",
                hint: text.hasSuffix(tail) ? "name the repository: \(text.dropLast(tail.count).displayable)" : nil)
        }
        _ = try repository(text)
        return text
    }

    private static func repository(_ name: String) throws(WordError) -> SourceRepository {
        let source: SourceRepository
        do throws(ReferenceError) {
            let (registry, repository) = try Reference.parseRepository(name)
            source = SourceRepository(registry: registry, repository: repository)
        } catch {
            throw WordError(message: error.description, hint: error.hint)
        }
        guard source.repository.isWireSafe else {
            throw WordError(
                message: "\"\(name.displayable)\" cannot be requested: a part of it is empty, \".\" or \"..\"")
        }
        return source
    }
}
