// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Content
import LayerVerification

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How closely layers are checked, for every command that copies or reads them.
struct VerificationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "digest: size and digest. unpack: besides, layers unpack without fault. diffid: besides, layers are "
                + "what the image's config says.", valueName: "level"))
    var verify: VerificationLevel = .digest

    func inspector(within memory: Int64) -> LayerInspector? { verify.inspector(within: memory) }
}

extension VerificationLevel {
    /// nil if size and digest are enough.
    ///
    /// - Parameter memory: bytes that the whole process may use. Layers that wait for inspection get a share of it.
    func inspector(within memory: Int64 = 256 << 20) -> LayerInspector? {
        guard self != .digest else { return nil }
        // One core stays free for moving the bytes.
        let threads = max(1, ProcessInfo.processInfo.activeProcessorCount - 1)
        return LayerInspector(
            self,
            workers: InflateWorkers(
                threads: threads, waitingBytes: Int(memory / 16), windowBytes: Int(memory / 4)))
    }
}

extension VerificationLevel: ExpressibleByArgument {
    init?(argument: String) { self.init(named: argument) }
}
