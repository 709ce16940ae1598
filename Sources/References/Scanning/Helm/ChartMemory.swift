// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What files of charts came to, by their content: all templates of a chart have the same values and helpers.
struct ChartMemory: Sendable {
    let definitions = ContentMemory<[String: String]>()
    let values = ContentMemory<ChartValues>()
    /// What a parent chart's values say of images, by those values and the keys below which they are looked for.
    let said = ContentMemory<[[String]]>()
}

/// A chart's values: parsed, and the images that they say themselves.
struct ChartValues: Sendable {
    var nodes = YAMLNodes()
    var findings: [Finding] = []
}

/// What was made of contents that come again and again.
final class ContentMemory<Value: Sendable>: Sendable {
    private let known = Mutex<[Content: Value]>([:])

    /// Bytes that are told apart by a few of them, and compared in full where those agree.
    private struct Content: Hashable {
        let bytes: [UInt8]

        static func == (left: Content, right: Content) -> Bool {
            left.bytes.withUnsafeBufferPointer { left in
                right.bytes.withUnsafeBufferPointer { ByteSearch.areEqual(left, $0) }
            }
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(bytes.count)
            for offset in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 64)) {
                hasher.combine(bytes[offset])
            }
        }
    }

    /// - Parameter make: called where the content is new, or was forgotten.
    func value(of content: [UInt8], _ make: () -> Value) -> Value {
        let content = Content(bytes: content)
        if let known = known.withLock({ $0[content] }) { return known }
        let made = make()
        known.withLock { known in
            // A scan goes from chart to chart: what was kept of earlier ones is of no use any more.
            if known.count >= 32 { known.removeAll() }
            known[content] = made
        }
        return made
    }
}
