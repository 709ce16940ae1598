// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What a check keeps of a config.
struct CheckedConfig: Sendable {
    /// What is wrong with the config by itself; nil where nothing is.
    let problem: String?
    let diffIDs: Result<[Digest], ContentFailure>
    /// The members of the config that describe the platform, as a document; nil for bytes that are not JSON.
    let platform: JSON?

    init(_ bytes: [UInt8]) {
        diffIDs = Self.diffIDs(in: bytes)
        do {
            let document = try JSON(bytes)
            let type = document["rootfs"]?["type"]?.string ?? ""
            problem = type == "layers" ? nil : "invalid ConfigFile.RootFS.Type: \"\(type.displayable)\" != \"layers\""
            platform = .object(PlatformMismatch.keys.map { JSON.Member(key: $0, value: document[$0] ?? .null) })
        } catch {
            (problem, platform) = ("\(error)", nil)
        }
    }

    private static func diffIDs(in bytes: [UInt8]) -> Result<[Digest], ContentFailure> {
        do throws(ImageConfigError) { return .success(try ImageConfig(bytes).diffIDs ?? []) } catch {
            return .failure(ContentFailure(.invalid, "\(error)"))
        }
    }
}
