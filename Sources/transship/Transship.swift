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
        exit(await TransshipCommandLine.run(program, Array(words.dropFirst()), environment: .current))
    }
}
