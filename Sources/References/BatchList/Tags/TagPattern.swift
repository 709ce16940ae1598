// SPDX-License-Identifier: Apache-2.0

/// A regular expression for tags. It matches anywhere in the tag unless it is anchored by `^` and `$`.
///
/// The language is what finite automata can match: literals, `.`, `[…]`, `\d \w \s`, groups, `|`, `* + ? {m,n}`,
/// anchors, `(?i)`. Back-references and look-around are not supported, so every match takes time proportional to
/// pattern times tag, and no pattern hangs.
struct TagPattern: Hashable, Sendable {
    enum Step: Hashable {
        case one(ByteSet)
        /// Continues at both positions.
        case fork(Int, Int)
        case jump(Int)
        case atStart
        case atEnd
        case found
    }

    /// The maximum number of steps. It limits memory and time of a pattern like `(((a{99}){99}){99})`.
    static let mostSteps = 2000

    private let steps: [Step]

    init(parsing text: some StringProtocol) throws(TagFilterError) {
        guard !text.isEmpty else { throw TagFilterError("\"~\" is followed by no regular expression") }
        var parser = TagPatternParser(text)
        let expression = try parser.parse()
        var program = TagPatternProgram()
        try program.append(expression)
        steps = program.steps + [.found]
    }

    func matches(_ tag: String) -> Bool {
        let bytes = Array(tag.utf8)
        var current = Threads(steps.count)
        var next = Threads(steps.count)
        for position in 0...bytes.count {
            // A match may begin anywhere.
            if follow(0, at: position, of: bytes.count, into: &current) { return true }
            guard position < bytes.count else { break }
            for thread in current.list {
                guard case .one(let set) = steps[thread], set.contains(bytes[position]) else { continue }
                if follow(thread + 1, at: position + 1, of: bytes.count, into: &next) { return true }
            }
            swap(&current, &next)
            next.removeAll()
        }
        return false
    }

    /// Adds all steps that are reachable without reading a byte. Returns whether the end is among them.
    private func follow(_ start: Int, at position: Int, of end: Int, into threads: inout Threads) -> Bool {
        var pending = [start]
        while let step = pending.popLast() {
            guard threads.insert(step) else { continue }
            switch steps[step] {
            case .one: break
            case .fork(let left, let right): pending += [right, left]
            case .jump(let target): pending.append(target)
            case .atStart: if position == 0 { pending.append(step + 1) }
            case .atEnd: if position == end { pending.append(step + 1) }
            case .found: return true
            }
        }
        return false
    }

    /// The current steps of all possible matches, each once.
    private struct Threads {
        private(set) var list: [Int] = []
        private var isMember: [Bool]

        init(_ count: Int) { isMember = Array(repeating: false, count: count) }

        mutating func insert(_ step: Int) -> Bool {
            guard !isMember[step] else { return false }
            isMember[step] = true
            list.append(step)
            return true
        }

        mutating func removeAll() {
            for step in list { isMember[step] = false }
            list.removeAll(keepingCapacity: true)
        }
    }
}

/// Compiles an expression to steps.
private struct TagPatternProgram {
    private(set) var steps: [TagPattern.Step] = []

    mutating func append(_ expression: TagExpression) throws(TagFilterError) {
        switch expression {
        case .empty: break
        case .one(let set): try add(.one(set))
        case .start: try add(.atStart)
        case .end: try add(.atEnd)
        case .sequence(let parts): for part in parts { try append(part) }
        case .choice(let left, let right): try choice(left, right)
        case .repeated(let part, let least, let most):
            for _ in 0..<least { try append(part) }
            if let most {
                for _ in least..<max(least, most) { try optional(part) }
            } else {
                try anyNumber(of: part)
            }
        }
    }

    private mutating func add(_ step: TagPattern.Step) throws(TagFilterError) {
        guard steps.count < TagPattern.mostSteps else {
            throw TagFilterError("the regular expression is too large")
        }
        steps.append(step)
    }

    private mutating func choice(_ left: TagExpression, _ right: TagExpression) throws(TagFilterError) {
        let fork = steps.count
        try add(.fork(fork + 1, 0))
        try append(left)
        let jump = steps.count
        try add(.jump(0))
        steps[fork] = .fork(fork + 1, steps.count)
        try append(right)
        steps[jump] = .jump(steps.count)
    }

    private mutating func optional(_ part: TagExpression) throws(TagFilterError) {
        let fork = steps.count
        try add(.fork(fork + 1, 0))
        try append(part)
        steps[fork] = .fork(fork + 1, steps.count)
    }

    private mutating func anyNumber(of part: TagExpression) throws(TagFilterError) {
        let fork = steps.count
        try add(.fork(fork + 1, 0))
        try append(part)
        try add(.jump(fork))
        steps[fork] = .fork(fork + 1, steps.count)
    }
}
