// SPDX-License-Identifier: Apache-2.0

/// One thing that reads bytes from outside, and what must hold whatever they are.
struct Fuzzer: Sendable {
    let name: String
    private let check: @Sendable ([UInt8]) throws -> Void

    /// - Parameter check: an error that it throws is an answer like any other, and must be fit to be shown.
    init(_ name: String, _ check: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.check = check
    }

    /// For what reads text.
    static func text(_ name: String, _ check: @escaping @Sendable (String) throws -> Void) -> Fuzzer {
        Fuzzer(name) { try check(String(decoding: $0, as: UTF8.self)) }
    }

    /// Those of the network come first: anybody may send such bytes.
    static let all: [Fuzzer] = wire + values + documents + names + archives + files + scans

    func run(_ bytes: [UInt8]) {
        do { try check(bytes) } catch { promiseShowable("\(error)") }
    }
}

/// Ends the process where something does not hold: libFuzzer keeps the input.
func promise(_ holds: Bool, _ promise: @autoclosure () -> String) {
    guard !holds else { return }
    fatalError("broken promise: \(promise())")
}

/// What came from outside is escaped before it is shown: no control reaches a terminal, and no mark that turns text around.
func promiseShowable(_ text: String) {
    let raw = text.unicodeScalars.first { scalar in
        switch scalar.properties.generalCategory {
        case .control: scalar != "\n"
        case .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
    promise(raw == nil, "a message without control and format characters: \(text.debugDescription)")
}

extension [UInt8] {
    /// In pieces of a size that the length decides, so that an input always means the same.
    var pieces: [ArraySlice<UInt8>] {
        let size = [1, 7, 64, 4096][count % 4]
        return stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
