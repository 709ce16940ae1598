// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The results for files of charts, by the content of the file. All templates of a chart have the same values and
/// helpers.
struct ChartMemory: Sendable {
    let definitions = ContentMemory<[String: String]>()
    let values = ContentMemory<ChartValues>()
    /// The paths of image fields that a parent chart's values set. The content is the values and the keys under which
    /// the fields are looked for.
    let said = ContentMemory<[[String]]>()
}

/// A chart's values: the parsed nodes, and the images that the values name themselves.
struct ChartValues: Sendable {
    var nodes = YAMLNodes()
    var findings: [Finding] = []
}

/// Stores the results for contents that are read repeatedly.
final class ContentMemory<Value: Sendable>: Sendable {
    private let known = Mutex<[Content: Value]>([:])

    /// Bytes as a key. The hash uses only some of the bytes; equality compares all of them.
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

    /// - Parameter make: makes the value of a content that is new or no longer stored.
    func value(of content: [UInt8], _ make: () -> Value) -> Value {
        let content = Content(bytes: content)
        if let known = known.withLock({ $0[content] }) { return known }
        let made = make()
        known.withLock { known in
            // A scan goes from chart to chart, so the results for earlier charts are no longer needed.
            if known.count >= 32 { known.removeAll() }
            known[content] = made
        }
        return made
    }
}
