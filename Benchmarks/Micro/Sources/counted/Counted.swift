// SPDX-License-Identifier: Apache-2.0

import Paths

/// Runs a hot path as often as it is told, and nothing else, for a program that counts instructions from outside.
///
/// It is not asynchronous: valgrind 3.19 ends with an error when Swift's asynchronous main function leaves its first thread.
@main
enum Counted {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let path = HotPath.all.first(where: { $0.name == arguments.first }),
            let times = arguments.last.flatMap({ Int($0) }), arguments.count == 2
        else {
            print("usage: counted NAME TIMES\n" + HotPath.all.map { "  \($0.name)\n" }.joined(), terminator: "")
            return
        }
        let work = try path.prepare()
        for _ in 0..<times { try work() }
    }
}
