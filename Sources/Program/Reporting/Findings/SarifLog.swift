// SPDX-License-Identifier: Apache-2.0

import OCI
package import Scanning

/// Findings as a SARIF log (OASIS SARIF 2.1.0), which code hosts show beside the lines.
package enum SarifLog {
    /// The text before the first result.
    package static func opening(version: String) -> String {
        let rules = FindingKind.allCases.map { kind in
            JSON.object(["id": .string(kind.rawValue), "shortDescription": .object(["text": "image reference"])])
        }
        let driver = JSON.object(["name": "transship", "version": .string(version), "rules": .array(rules)])
        return
            #"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":"#
            + driver.text + #"},"columnKind":"unicodeCodePoints","results":["#
    }

    /// The text after the last result.
    package static let closing = "]}]}"

    package static func result(_ found: LocatedFinding, isOffence: Bool = false) -> String {
        let finding = found.finding
        let region: JSON = .object([
            "startLine": JSON(found.line), "startColumn": JSON(found.characterColumn),
            "byteOffset": JSON(finding.range.lowerBound), "byteLength": JSON(finding.range.count),
        ])
        let place: JSON = .object([
            "physicalLocation": .object(["artifactLocation": .object(["uri": .string(found.file)]), "region": region])
        ])
        return JSON.object([
            "ruleId": .string(finding.kind.rawValue), "level": isOffence ? "error" : "note",
            "message": .object(["text": .string(found.sentence)]),
            "locations": .array([place]),
        ]).text
    }
}
