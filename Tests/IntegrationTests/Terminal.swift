// SPDX-License-Identifier: Apache-2.0

import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What a terminal shows: as much of one as progress needs.
struct TerminalScreen {
    private(set) var rows: [[Character]] = [[]]
    private var (row, column) = (0, 0)
    private let width: Int
    private var escape: String?

    init(width: Int) { self.width = width }

    /// Without blanks at the ends.
    var lines: [String] {
        rows.map { row in
            var text = String(row)
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    mutating func write(_ text: String) {
        for letter in text.unicodeScalars { write(Character(letter)) }
    }

    private mutating func write(_ letter: Character) {
        if let sequence = escape {
            escape = sequence + String(letter)
            if letter.isLetter { carryOut(sequence + String(letter)) }
            return
        }
        switch letter {
        case "\u{1B}": escape = ""
        case "\r": column = 0
        case "\n": newLine()
        default:
            if column == width { newLine() }
            while rows[row].count <= column { rows[row].append(" ") }
            rows[row][column] = letter
            column += 1
        }
    }

    /// The terminal's own line discipline turns a new line into both movements.
    private mutating func newLine() {
        (row, column) = (row + 1, 0)
        if row == rows.count { rows.append([]) }
    }

    private mutating func carryOut(_ sequence: String) {
        escape = nil
        let number = Int(sequence.dropFirst().dropLast()) ?? 1
        switch sequence.last {
        case "A": row = max(0, row - number)
        case "K": rows[row] = Array(rows[row].prefix(column))
        case "J":
            rows[row] = Array(rows[row].prefix(column))
            rows.removeSubrange((row + 1)...)
        case "m": break
        default: rows.append(Array("unknown sequence \(sequence)"))
        }
    }
}

/// A program with standard error on a terminal of its own.
final class TerminalRun {
    private(set) var screen: TerminalScreen
    /// Everything that was written.
    private(set) var raw = ""
    /// The screen after each piece of output.
    private(set) var moments: [[String]] = []
    private let master: Int32
    private let process = Process()

    init(_ arguments: [String], width: Int, height: Int = 24, environment: [String: String] = [:]) throws {
        screen = TerminalScreen(width: width)
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        // TIOCSPTLCK and TIOCGPTN of Linux, which no module names.
        var (unlocked, number): (Int32, UInt32) = (0, 0)
        guard master >= 0, ioctl(master, 0x4004_5431, &unlocked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw POSIXError(.ENOTTY)
        }
        let name = "/dev/pts/\(number)"
        var size = winsize()
        (size.ws_col, size.ws_row) = (UInt16(width), UInt16(height))
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        let slave = open(name, O_RDWR | O_NOCTTY)
        process.executableURL = Tool.products.appending(path: "transship")
        process.arguments = arguments
        let usual = ["TERM": "xterm", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": NSTemporaryDirectory()]
        process.environment = ProcessInfo.processInfo.environment.merging(usual) { $1 }.merging(environment) { $1 }
        process.standardError = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.start()
        close(slave)
    }

    deinit { close(master) }

    func interrupt() { kill(process.processIdentifier, SIGINT) }

    /// Reads to the end.
    ///
    /// - Parameter moment: told about each screen.
    /// - Returns: the exit status.
    func finish(_ moment: ([String]) -> Void = { _ in }) -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var rest: [UInt8] = []
        while true {
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { break }
            rest += buffer.prefix(count)
            guard let text = String(validating: rest, as: UTF8.self) else { continue }
            rest = []
            raw += text
            screen.write(text.replacingOccurrences(of: "\r\n", with: "\n"))
            moments.append(screen.lines)
            moment(screen.lines)
        }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
