// SPDX-License-Identifier: Apache-2.0

/// Finds the images of settings in TOML, at the keys that the table has for their kind.
enum TOMLScanner {
    static func scan(_ bytes: [UInt8], kind: FindingKind) -> ScanResult {
        var result = ScanResult()
        guard let places = ImagePlaces.of(kind) else { return result }
        var reader = TOMLReader(bytes)
        reader.read()
        if let problem = reader.problem { result.problems.append(problem) }
        var found = FoundImages(kind)
        for entry in reader.entries {
            if places.images.contains(where: { $0.matches(entry.path) }) {
                if let image = image(entry) { found.add(image) }
            } else if places.builds.contains(where: { $0.file.matches(entry.path) }) {
                result.followUps.append(FollowUp(path: entry.text.string, kind: .dockerfile(BuildArguments())))
            }
        }
        result.findings = found.findings
        return result
    }

    /// Where an address may stand, an image is what `docker://` names.
    private static func image(_ entry: TOMLReader.Entry) -> TracedText? {
        let prefix = "docker://"
        if entry.text.bytes.starts(with: prefix.utf8) { return entry.text[prefix.utf8.count..<entry.text.count] }
        return entry.path.last == "uri" ? nil : entry.text
    }
}
