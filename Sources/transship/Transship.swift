import TransshipCommands

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@main
enum Transship {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        exit(await TransshipCommandLine.run(arguments, environment: .current))
    }
}
