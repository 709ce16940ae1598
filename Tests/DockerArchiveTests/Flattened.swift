// SPDX-License-Identifier: Apache-2.0

import DockerArchive

/// Layers laid over one another, and what whoever unpacks that gets: every link has the content that it shares there.
struct Flattened {
    private(set) var bytes: [UInt8] = []
    private(set) var devicesLeftOut = 0
    /// How often layers were read.
    private(set) var reads = 0

    /// - Parameters:
    ///   - layers: the lowest one first.
    ///   - step: bytes that come at once.
    init(_ layers: [[UInt8]], step: Int = 100_000) throws {
        var flattener = LayerFlattener()
        for layer in layers.reversed() {
            flattener.beginLayer()
            try read(layer, step, &flattener)
            guard flattener.needsLayerAgain else { continue }
            flattener.beginLayerAgain()
            try read(layer, step, &flattener)
        }
        try flattener.finish()
        devicesLeftOut = flattener.devicesLeftOut
    }

    private mutating func read(_ layer: [UInt8], _ step: Int, _ flattener: inout LayerFlattener) throws {
        reads += 1
        var output: [UInt8] = []
        for start in stride(from: 0, to: layer.count, by: step) {
            let part = layer[start..<min(start + step, layer.count)]
            try part.withUnsafeBytes { bytes in try flattener.take(bytes) { output += $0 } }
        }
        try flattener.finishLayer { output += $0 }
        bytes += output
    }

    /// Files and their contents; folders have none. nil where a link comes before what it shares.
    var files: [String: String]? {
        var (files, offset): ([String: String], Int) = ([:], 0)
        func text(_ start: Int, _ count: Int) -> String {
            String(decoding: bytes[(offset + start)..<(offset + start + count)].prefix { $0 != 0 }, as: UTF8.self)
        }
        while offset + 512 <= bytes.count, bytes[offset] != 0 {
            let (name, size) = (text(0, 100), Int(text(124, 11), radix: 8) ?? 0)
            switch bytes[offset + 156] {
            case UInt8(ascii: "1"):
                let target = text(157, 100)
                guard let content = files[target.hasPrefix("./") ? String(target.dropFirst(2)) : target] else {
                    return nil
                }
                files[name] = content
            case UInt8(ascii: "5"): files[name] = ""
            default: files[name] = text(512, size)
            }
            offset += 512 + (size + 511) / 512 * 512
        }
        return files
    }
}
