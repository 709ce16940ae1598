// SPDX-License-Identifier: Apache-2.0

package import OCI
package import Scanning

/// Where the copies are, and which references may change.
package struct RewriteMapping: Sendable {
    private let images: ImageMapping
    private let filter: RegistryFilter
    private let pins: [Reference: Digest]?

    /// - Parameter pins: the digest that arrived at each target. nil: references are not pinned.
    package init(images: ImageMapping, filter: RegistryFilter, pins: [Reference: Digest]? = nil) {
        self.images = images
        self.filter = filter
        self.pins = pins
    }

    /// The decision about a finding. If only the tag is unknown, the name can still be replaced.
    package func decision(for finding: Finding) -> RewriteDecision {
        if let named = finding.named { return nameDecision(for: named) }
        return wholeDecision(for: finding)
    }

    /// The same, but a finding without a known tag is refused.
    package func wholeDecision(for finding: Finding) -> RewriteDecision {
        guard filter.keeps(finding) else { return .leave }
        guard let reference = finding.reference else {
            return .refuse("\"\(finding.unresolved?.displayable ?? "")\" has no value here")
        }
        guard case .replace(let target) = images.decision(for: reference), let pins else {
            return images.decision(for: reference)
        }
        guard let digest = pins[target] else { return .refuse("the report has no digest of \(target)") }
        return .replace(with: target.pinned(to: digest))
    }

    /// The decision about a finding whose name is known, but whose tag is not.
    package func nameDecision(for finding: Finding) -> RewriteDecision {
        guard filter.keeps(finding), let reference = finding.reference else { return .leave }
        guard pins == nil else { return .refuse("its tag has no value here, so there is no digest for it") }
        return images.nameDecision(for: reference)
    }
}
