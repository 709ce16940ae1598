/// Values that are worked out once; whoever comes meanwhile waits, whoever comes later gets them.
actor OnceMap<Key: Hashable & Sendable, Value: Sendable> {
    private enum Entry {
        case working(waiting: [CheckedContinuation<Value, Never>])
        case done(Value)
    }

    private var entries: [Key: Entry] = [:]

    /// - Returns: also, whether it was this call that did the work.
    func valueAndWhetherFirst(for key: Key, _ work: @Sendable () async -> Value) async -> (Value, Bool) {
        switch entries[key] {
        case .done(let value): return (value, false)
        case .working: return (await withCheckedContinuation { wait(for: key, $0) }, false)
        case nil:
            entries[key] = .working(waiting: [])
            let value = await work()
            finish(key, value)
            return (value, true)
        }
    }

    private func wait(for key: Key, _ continuation: CheckedContinuation<Value, Never>) {
        guard case .working(let waiting) = entries[key] else { return }
        entries[key] = .working(waiting: waiting + [continuation])
    }

    private func finish(_ key: Key, _ value: Value) {
        if case .working(let waiting) = entries.updateValue(.done(value), forKey: key) {
            for continuation in waiting { continuation.resume(returning: value) }
        }
    }
}
