// SPDX-License-Identifier: Apache-2.0

extension YAMLView {
    /// Reads the first document of a file.
    ///
    /// - Returns: what `body` returns. nil: the file has no document, or the first one is not YAML.
    static func first<Result>(of bytes: [UInt8], _ body: (YAMLView) -> Result) -> Result? {
        bytes.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            guard let range = stream.next(), (try? document.parse(range)) != nil, document.root >= 0 else { return nil }
            return body(YAMLView(document: document, file: buffer))
        }
    }
}
