// SPDX-License-Identifier: Apache-2.0

/// A unit by which Podman builds an image (podman-systemd.unit(5), "Build units"): `File`, relative to the unit's
/// folder, and `BuildArg`.
enum QuadletBuild {
    static func scan(_ bytes: [UInt8]) -> ScanResult {
        var result = ScanResult()
        var build = BuildCommand(start: .folder)
        for line in TracedText(bytes, origin: 0).lines {
            guard let (key, value) = line.cut(at: UInt8(ascii: "=")), !"#;".utf8.contains(line.bytes[0]) else {
                continue
            }
            switch key.trimmed.string {
            case "File": build.file = value.trimmed
            case "BuildArg": build.arguments.append(value.trimmed)
            case "ImageTag":
                result.products.append(BuildProduct(value.trimmed.string, users: .commands, defaultTag: "latest"))
            default: continue
            }
        }
        if build.file != nil { result.followUps = build.followUps() }
        return result
    }
}
