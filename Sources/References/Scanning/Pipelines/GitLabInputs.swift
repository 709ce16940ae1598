// SPDX-License-Identifier: Apache-2.0

/// The inputs of a file of a GitLab pipeline, which a document of its own declares before the jobs (docs.gitlab.com, "CI/CD
/// inputs").
enum GitLabInputs {
    private static let mark = SearchWord("$[[")

    /// The defaults of the inputs, by name.
    ///
    /// - Returns: nil for a file that declares none.
    static func defaults(in bytes: UnsafeBufferPointer<UInt8>) -> [String: TracedText]? {
        guard ByteSearch.contains(mark, in: bytes, 0..<bytes.count) else { return nil }
        var stream = YAMLStream(bytes)
        var document = YAMLDocument(bytes)
        guard let range = stream.next(), (try? document.parse(range)) != nil, document.root >= 0,
            document.entries(document.root).count == 1,
            let inputs = document.value(at: ["spec", "inputs"], in: document.root), document.kind(inputs) == .mapping
        else { return nil }
        let view = YAMLView(document: document, file: bytes)
        return document.entries(inputs).reduce(into: [:]) { defaults, entry in
            guard let name = document.string(entry.key), let value = document.value("default", in: entry.value),
                let text = view.text(value), !text.isEmpty
            else { return }
            defaults[name] = text
        }
    }
}
