// SPDX-License-Identifier: Apache-2.0

/// A large value whose copies share its memory until one of them is changed.
@propertyWrapper
struct CopiedOnWrite<Value: Hashable & Sendable>: Hashable, Sendable {
    // A box is changed only while exactly one copy of the value refers to it, so no other task can read it then.
    private final class Box: @unchecked Sendable {
        var value: Value

        init(_ value: Value) { self.value = value }
    }

    private var box: Box

    init(wrappedValue: Value) { box = Box(wrappedValue) }

    var wrappedValue: Value {
        _read { yield box.value }
        _modify {
            if !isKnownUniquelyReferenced(&box) { box = Box(box.value) }
            yield &box.value
        }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.box === right.box || left.wrappedValue == right.wrappedValue
    }

    func hash(into hasher: inout Hasher) { hasher.combine(wrappedValue) }
}
