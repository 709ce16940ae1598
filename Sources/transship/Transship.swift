#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import TransshipCommands

@main
enum Transship {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        exit(await TransshipCommandLine.run(arguments, environment: .current))
    }
}
