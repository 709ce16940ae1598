// SPDX-License-Identifier: Apache-2.0

import CBuild
import CZlib
import OCI

/// The version of this source tree. This is the only place that names it: scripts and packages read the next lines.
enum Version {
    static let number = "0.2.0"
    static let line = "transship \(number)"
    static let userAgent = "transship/\(number)"
}

/// Facts about the build of this program.
struct BuildFacts {
    /// nil if the program was not built by `Tools/build` from a git checkout.
    let commit = Self.text(transship_build_commit())
    let swift = Self.text(transship_build_swift()) ?? Self.language
    /// The zlib that is loaded now, which may be newer than the one that the program was compiled with.
    let zlib = Self.text(zlibVersion()) ?? "unknown"

    private static func text(_ bytes: UnsafePointer<CChar>?) -> String? {
        bytes.flatMap { String(validatingCString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The compiler can be asked only whether it is at least a version.
    private static var language: String {
        #if compiler(>=6.4)
            "6.4 or newer"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    var text: String {
        """
        \(Version.line)
        commit \(commit ?? "unknown")
        swift \(swift)
        zlib \(zlib)
        """
    }

    var json: JSON {
        .object([
            "version": .string(Version.number), "commit": JSON(commit), "swift": .string(swift), "zlib": .string(zlib),
        ])
    }
}
