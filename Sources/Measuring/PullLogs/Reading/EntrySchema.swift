// SPDX-License-Identifier: Apache-2.0

/// The places of the fields as paths of keys. The same paths work for nested objects (`jsonPayload` → `message`) and
/// for flattened columns (`jsonPayload.message`, `jsonPayload_message`). Letter case is ignored, because BigQuery
/// changes it.
struct EntrySchema {
    /// The field or the node to which a key leads.
    struct Step {
        var field: EntryField?
        /// The number of the node below; 0, the root, if there is none.
        var node = 0
    }

    private struct Child {
        var name: [UInt8]
        var step: Step
    }

    /// The children of each node. The root is number 0.
    private var nodes: [[Child]] = [[]]

    static let root = 0
    static let standard = EntrySchema()

    /// Sources: log entries are Cloud Logging's LogEntry, whose payload is a Kubernetes event. Events are those of
    /// Kubernetes' API reference, Event of v1 and of events.k8s.io/v1 (`note`, `series`, `deprecated…`).
    private static let event: [(String, EntryField)] = [
        ("metadata.uid", .eventUID), ("metadata.creationTimestamp", .created),
        ("count", .count), ("series.count", .count), ("deprecatedCount", .count),
        ("firstTimestamp", .firstTime), ("deprecatedFirstTimestamp", .firstTime),
        ("lastTimestamp", .lastTime), ("series.lastObservedTime", .lastTime), ("deprecatedLastTimestamp", .lastTime),
        ("eventTime", .eventTime),
    ]

    private static let entry: [(String, EntryField)] = [
        ("timestamp", .timestamp), ("receiveTimestamp", .receiveTimestamp), ("insertId", .insertID),
        ("jsonPayload.message", .payloadMessage), ("jsonPayload.note", .payloadMessage),
        ("jsonPayload.reason", .payloadReason),
        ("message", .message), ("note", .message), ("textPayload", .message), ("reason", .reason),
        ("imageName", .imageName), ("numberOfPulls", .pulls), ("imageCount", .pulls), ("timeOfImagePull", .minute),
        ("datehour", .hubHour), ("repository", .hubRepository), ("tag", .hubTag), ("digest", .hubDigest),
        ("pulls", .hubPulls),
    ]

    init() {
        for (path, field) in Self.entry + Self.event { add(path, field) }
        for (path, field) in Self.event { add("jsonPayload." + path, field) }
        // `kubectl get --watch --output-watch-events` wraps each event.
        for (path, field) in Self.event + [("message", .message), ("note", .message), ("reason", .reason)] {
            add("object." + path, field)
        }
    }

    private mutating func add(_ path: String, _ field: EntryField) {
        let keys = path.lowercased().split(separator: ".").map { Array($0.utf8) }
        var node = Self.root
        for (position, key) in keys.enumerated() {
            let index = child(of: node, named: key)
            if position == keys.count - 1 {
                nodes[node][index].step.field = field
            } else {
                if nodes[node][index].step.node == 0 {
                    nodes.append([])
                    nodes[node][index].step.node = nodes.count - 1
                }
                node = nodes[node][index].step.node
            }
        }
    }

    private mutating func child(of node: Int, named name: [UInt8]) -> Int {
        if let index = nodes[node].firstIndex(where: { $0.name == name }) { return index }
        nodes[node].append(Child(name: name, step: Step()))
        return nodes[node].count - 1
    }

    /// The step to which `key` of an object at `node` leads; nil for keys that are not needed.
    func step(from node: Int, _ key: UnsafeBufferPointer<UInt8>) -> Step? {
        for child in nodes[node] where Self.matches(child.name, key) { return child.step }
        guard node == Self.root else { return nil }
        return key.contains(where: Self.isSeparator) ? step(alongColumn: key) : nil
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") }

    private func step(alongColumn name: UnsafeBufferPointer<UInt8>) -> Step? {
        var step = Step()
        for key in name.split(omittingEmptySubsequences: false, whereSeparator: Self.isSeparator) {
            guard step.field == nil else { return nil }
            let key = UnsafeBufferPointer(rebasing: key)
            guard let next = nodes[step.node].first(where: { Self.matches($0.name, key) }) else { return nil }
            step = next.step
        }
        return step
    }

    private static func matches(_ name: [UInt8], _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count == key.count else { return false }
        for position in name.indices {
            let byte = key[position]
            let lower = (65...90).contains(byte) ? byte | 0x20 : byte
            if lower != name[position] { return false }
        }
        return true
    }
}
