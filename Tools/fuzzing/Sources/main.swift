// SPDX-License-Identifier: Apache-2.0

// usage: fuzz NAME [ARGUMENT OF LIBFUZZER]...   (`Tools/fuzz` builds and runs this)
//        fuzz NAME --seeds                      folders with examples, each on a line
// Without a name: the names, each on a line.

import CFuzzer
import Glibc

/// libFuzzer takes a function, which can hold nothing.
enum Chosen {
    static let fuzzer = Fuzzer.all.first { $0.name == CommandLine.arguments.dropFirst().first }
}

guard CommandLine.arguments.count > 1 else {
    for fuzzer in Fuzzer.all { print(fuzzer.name) }
    exit(0)
}
guard let chosen = Chosen.fuzzer else {
    print("error: no fuzzer is called \(CommandLine.arguments[1])")
    exit(2)
}
if CommandLine.arguments.dropFirst(2).first == "--seeds" {
    for folder in chosen.seedFolders { print(folder) }
    exit(0)
}
let words = [CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)
var count = CInt(words.count)
// libFuzzer keeps the addresses for as long as the process lives.
var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = .allocate(capacity: words.count + 1)
for (position, word) in words.enumerated() { list?[position] = strdup(word) }
list?[words.count] = nil
exit(
    LLVMFuzzerRunDriver(&count, &list) { bytes, count in
        Chosen.fuzzer?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    })
