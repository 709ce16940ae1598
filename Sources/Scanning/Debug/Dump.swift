package func debugDump(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBufferPointer { buffer in
        var stream = YAMLStream(buffer)
        var document = YAMLDocument(buffer)
        var out = ""
        func walk(_ i: Int32, _ depth: Int) {
            let n = document[i]
            switch n.kind {
            case .alias: walk(document.resolved(i), depth + 1)
            case .scalar:
                out += "=" + document.text(i)!.string.unicodeScalars.map { $0.value < 32 || $0.value > 126 || $0 == "\\" ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined() + "\n"
            case .sequence: out += "[\n"; for c in document.items(i) { walk(c, depth + 1) }; out += "]\n"
            case .mapping: out += "{\n"; for (k, v) in document.entries(i) { walk(k, depth + 1); walk(v, depth + 1) }; out += "}\n"
            }
        }
        while let range = stream.next() {
            do throws(YAMLError) {
                try document.parse(range)
                if document.root >= 0 { out += "---\n"; walk(document.root, 0) }
            } catch { out += "ERROR \(error.message) @\(error.offset)\n" }
        }
        return out
    }
}
