// SPDX-License-Identifier: Apache-2.0

// usage: fuzz NAME [ARGUMENT OF LIBFUZZER]...   (`Tools/fuzz` builds and runs this)
// Without a name: the names, each on a line.

import CFuzzer
import Glibc

guard CommandLine.arguments.count > 1 else {
    for fuzzer in Fuzzer.all { print(fuzzer.name) }
    exit(0)
}
guard Fuzzer.chosen != nil else {
    print("error: no fuzzer is called \(CommandLine.arguments[1])")
    exit(2)
}

let words = [CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)
var count = CInt(words.count)
// libFuzzer keeps the addresses for as long as the process lives.
var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = .allocate(capacity: words.count + 1)
for (position, word) in words.enumerated() { list?[position] = strdup(word) }
list?[words.count] = nil
exit(
    LLVMFuzzerRunDriver(&count, &list) { bytes, count in
        Fuzzer.chosen?.run(UnsafeBufferPointer(start: bytes, count: count))
        return 0
    })
