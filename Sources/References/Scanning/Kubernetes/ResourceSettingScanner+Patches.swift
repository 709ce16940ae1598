// SPDX-License-Identifier: Apache-2.0

extension ResourceSettingScanner {
    /// Reads an item of a JSON patch: the end of its path is what stands around a value in a resource (RFC 6902, RFC
    /// 6901).
    mutating func patch(_ item: Index) {
        guard let operation = document.value("op", in: item), !document.isText(operation, "test"),
            let path = document.value("path", in: item).flatMap(document.string),
            let value = document.value("value", in: item)
        else { return }
        let keys = path.split(separator: "/").map(Self.unescaped)
        switch (document.kind(value), keys.last) {
        case (.scalar, let name?): patch(value, named: name, below: keys.dropLast())
        case (.sequence, "args"?), (.sequence, "command"?): arguments(document.items(value))
        case (.sequence, "env"?): readVariables(document.items(value))
        case (.mapping, "annotations"?): annotations(value)
        case (.mapping, _) where keys.dropLast().last == "env": readVariables([value])
        case (.mapping, _) where keys == ["data"]:
            for (key, value) in document.entries(value) { document.string(key).map { setting($0, value) } }
        default: return
        }
    }

    private mutating func patch(_ value: Index, named name: String, below keys: ArraySlice<String>) {
        switch keys.last {
        case "args", "command": arguments([value])
        case "annotations": annotation(name, value, in: value)
        case "data" where keys.count == 1: setting(name, value)
        default: return
        }
    }

    /// A slash in a key is written as `~1`, and a tilde as `~0`.
    private static func unescaped(_ key: Substring) -> String {
        String(key).replacing("~1", with: "/").replacing("~0", with: "~")
    }
}
