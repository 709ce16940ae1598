// SPDX-License-Identifier: Apache-2.0

import OCI
package import Scanning

extension LocatedFinding {
    /// `FILE:LINE:matched line`, as grep prints it.
    package var grepLine: String { "\(file.displayable):\(line):\(lineText.displayable)" }

    /// One line of JSON.
    package var jsonLine: String {
        var members: [JSON.Member] = [
            .init(key: "file", value: .string(file)),
            .init(key: "line", value: JSON(line)),
            .init(key: "column", value: JSON(column)),
            .init(key: "kind", value: .string(finding.kind.rawValue)),
            .init(key: "text", value: .string(finding.text)),
            .init(key: "reference", value: JSON(finding.reference?.asTyped)),
            .init(key: "image", value: JSON(finding.reference.map(ImageName.fullName))),
            .init(key: "unresolved", value: JSON(finding.unresolved)),
        ]
        if let owner = finding.owner { members.append(.init(key: "owner", value: owner.json)) }
        if let digest = finding.running { members.append(.init(key: "running", value: .string(digest.text))) }
        if finding.isGuess { members.append(.init(key: "guess", value: true)) }
        if finding.isBuilt { members.append(.init(key: "built", value: true)) }
        return JSON.object(members).text
    }
}

extension ResourceOwner {
    fileprivate var json: JSON {
        .object(["namespace": JSON(namespace), "kind": .string(kind), "name": JSON(name)])
    }
}
