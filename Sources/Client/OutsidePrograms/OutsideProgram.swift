// SPDX-License-Identifier: Apache-2.0

/// An external program to run: its path and arguments, and limits on its run time and output.
package struct OutsideProgram: Sendable {
    /// An absolute path. There is no search and no shell.
    package var path: String
    package var arguments: [String]
    /// All environment variables that the program gets.
    package var variables: [String: String]
    /// Its standard input. It is written before the program starts, so it must fit into a pipe's buffer.
    package var input: [UInt8]
    package var limits = Limits()

    package init(path: String, arguments: [String] = [], variables: [String: String] = [:], input: [UInt8] = []) {
        self.path = path
        self.arguments = arguments
        self.variables = variables
        self.input = input
    }

    package struct Limits: Sendable, Hashable {
        /// The longest time from start to exit. After it, the program and its child processes are killed.
        package var time: Duration = .seconds(30)
        /// The most bytes of standard output. If there are more, the program is killed.
        package var output = 64 << 10
        /// Bytes of standard error that are kept; the rest is read and dropped.
        package var errors = 4 << 10

        package init() {}
    }
}

/// The result of a program that ended by itself.
package struct ProgramResult: Sendable, Hashable {
    package enum Ending: Sendable, Hashable {
        case exit(Int32)
        case signal(Int32)

        /// Words that follow the program's name in a sentence.
        package var words: String {
            switch self {
            case .exit(let status): "exited with \(status)"
            case .signal(let number): "was ended by signal \(number)"
            }
        }
    }

    package let ending: Ending
    package let output: [UInt8]
    /// The beginning of its standard error.
    package let errors: [UInt8]

    package init(ending: Ending, output: [UInt8], errors: [UInt8] = []) {
        self.ending = ending
        self.output = output
        self.errors = errors
    }

    package var succeeded: Bool { ending == .exit(0) }

    /// The last line of `errors` that is not blank, which usually says why a program failed; empty if there is none.
    package var lastWords: String {
        let lines = errors.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        let last = lines.last { line in line.contains { $0 > 32 } } ?? []
        return String(decoding: last.drop { $0 <= 32 }, as: UTF8.self)
    }
}

/// Why a program did not end by itself.
package enum ProgramFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system's reason for not starting it.
    case notStarted(String)
    case timedOut(Duration)
    case tooMuchOutput(limit: Int)
    case cancelled

    package var description: String {
        switch self {
        case .notStarted(let reason): "could not be started: \(reason)"
        case .timedOut(let limit): "was ended after \(limit.seconds) s without an answer"
        case .tooMuchOutput(let limit): "was ended: it printed more than \(limit) bytes"
        case .cancelled: "was ended: the run was stopped"
        }
    }
}

/// Starts programs. It is a protocol, so that its callers can be tested without programs.
package protocol ProgramRunner: Sendable {
    func run(_ program: OutsideProgram) async throws(ProgramFailure) -> ProgramResult
    /// The absolute path of an executable file with this name in a search path of folders separated by colons; nil if there
    /// is none. Relative folders are skipped, because the result must not depend on the working directory.
    func find(_ name: String, in searchPath: String) -> String?
}

extension Duration {
    fileprivate var seconds: String {
        let (seconds, attoseconds) = components
        return attoseconds == 0 ? "\(seconds)" : "\(Double(seconds) + Double(attoseconds) / 1e18)"
    }
}
