// SPDX-License-Identifier: Apache-2.0

import Dispatch
import TransshipCommands

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@main
enum Transship {
    /// Not async itself: starting tasks opens descriptors, and closed standard descriptors must be taken before that.
    static func main() {
        let words = CommandLine.arguments
        let program = ProgramName(calledAs: words.first ?? "")
        TransshipCommandLine.prepare(as: program)
        Task { exit(await TransshipCommandLine.run(program, Array(words.dropFirst()), environment: .current)) }
        dispatchMain()
    }
}
