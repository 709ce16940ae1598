import TransshipCommands

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@main
enum Transship {
    static func main() async {
        let words = CommandLine.arguments
        let program = ProgramName(calledAs: words.first ?? "")
        let status = await TransshipCommandLine.run(program, Array(words.dropFirst()), environment: .current)
        // Without what runs at an orderly end: connections may still be closing on their loops, which would find their
        // surroundings taken down. Whatever was printed is written by now, or is in the C library's buffers.
        fflush(nil)
        _exit(status)
    }
}
