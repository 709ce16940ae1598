// SPDX-License-Identifier: Apache-2.0

// Keeps copies of some images fresh: mirror-daemon TARGET SECONDS IMAGE...
//
// With 0 seconds it copies once, and ends with exit code 1 where an image failed.

import Foundation
import TransshipKit

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 3, let target = arguments.first, let interval = Int(arguments.dropFirst().first ?? "") else {
    FileHandle.standardError.write(Data("usage: mirror-daemon TARGET SECONDS IMAGE...\n".utf8))
    exit(2)
}

/// Copies all images once.
///
/// - Returns: whether all of them are at the target.
func mirror(_ items: [CopyItem], with transship: Transship) async -> Bool {
    // Signatures and attestations belong to a copy that is to be verified.
    var options = CopyOptions()
    options.copiesReferrers = true
    let results = await transship.copy(items, options: options) { events in
        for await event in events {
            switch event {
            case .paused(let registry, let length): print("\(registry) pauses for \(length)")
            case .itemFinished(let result): print("\(result.item.target): \(result.outcome)")
            default: break
            }
        }
    }
    return results.allSatisfy { $0.error == nil }
}

do {
    let items = try arguments.dropFirst(2).map { name in
        let source = try ImageReference(name)
        return try CopyItem(from: source, to: source.moved(below: target, keepingRegistry: false))
    }
    let variables = ProcessInfo.processInfo.environment
    var registries = RegistryOptions()
    registries.variables = variables
    try await withTransship(registries: registries, credentials: .ofThisMachine(variables: variables)) { transship in
        while true {
            let isComplete = await mirror(items, with: transship)
            if interval <= 0 { exit(isComplete ? 0 : 1) }
            try await Task.sleep(for: .seconds(interval))
        }
    }
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(2)
}
