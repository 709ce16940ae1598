import ArgumentParser
import Content
import LayerVerification

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How closely layers are looked at, for every command that copies or reads them.
struct VerificationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "digest: size and digest. gzip: besides, gzip layers unpack without fault. diffid: besides, layers are "
                + "what the image's config says.", valueName: "level"))
    var verify: VerificationLevel = .digest

    func inspector() -> LayerInspector? { verify.inspector() }
}

extension VerificationLevel {
    /// nil where size and digest are enough.
    func inspector() -> LayerInspector? {
        guard self != .digest else { return nil }
        // One core stays with those who move the bytes.
        let threads = max(1, ProcessInfo.processInfo.activeProcessorCount - 1)
        return LayerInspector(self, workers: InflateWorkers(threads: threads))
    }
}

extension VerificationLevel: ExpressibleByArgument {}
