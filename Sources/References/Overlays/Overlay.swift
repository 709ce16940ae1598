// SPDX-License-Identifier: Apache-2.0

import OCI
package import Rewriting
package import Scanning

/// A format of files that direct images to their copies, without a change to the files that name the images.
package enum OverlayFormat: String, Sendable, CaseIterable {
    /// A component with `images:` entries.
    case kustomize
    /// Values that override a chart's.
    case helmValues = "helm-values"
    /// `HOST/hosts.toml` for each source registry (containerd, docs/hosts.md).
    case containerdHosts = "containerd-hosts"
    /// Mirrors for Podman, CRI-O, Buildah and skopeo (containers-registries.conf(5), version 2).
    case registriesConf = "registries.conf"
}

/// A file and what was found in it.
package struct OverlaySource: Sendable {
    package var file: String
    package var bytes: [UInt8]
    package var findings: [Finding]
    /// For a file of a chart's values: the place of its keys in the values of the installed chart.
    package var chart: ChartPlace?

    package init(file: String, bytes: [UInt8], findings: [Finding] = [], chart: ChartPlace? = nil) {
        self.file = file
        self.bytes = bytes
        self.findings = findings
        self.chart = chart
    }
}

/// A file to be written.
package struct OverlayFile: Hashable, Sendable {
    /// Relative, with slashes.
    package var path: String
    package var text: String

    /// The beginning of files that may be overwritten.
    package static let mark = "# Made by transship rewrite --emit"
}

/// An image that the files of an overlay cannot replace.
package struct Uncovered: Hashable, Sendable {
    package var file: String
    package var finding: Finding
    package var reason: String
}

/// The files of an overlay, and the images that they leave out.
package struct Overlay: Sendable {
    package var files: [OverlayFile] = []
    package var uncovered: [Uncovered] { leftOut.elements }
    private var leftOut = UniqueList<Uncovered>()

    /// - Parameters:
    ///   - decide: decides about a finding.
    ///   - decideName: the same for an image whose name is in the file, but whose tag is not.
    package init(
        _ format: OverlayFormat, _ sources: [OverlaySource], decide: @escaping (Finding) -> RewriteDecision,
        decideName: @escaping (Finding) -> RewriteDecision
    ) {
        switch format {
        case .kustomize: self = KustomizeOverlay(sources, decide).overlay
        case .helmValues: self = HelmValuesOverlay(sources, decide: decide, decideName: decideName).overlay
        case .containerdHosts: self = MirrorTable(sources, decide).containerdHosts
        case .registriesConf: self = MirrorTable(sources, decide).registriesConf
        }
    }

    init() {}

    mutating func leaveOut(_ finding: Finding, of source: OverlaySource, _ reason: String) {
        leftOut.add(Uncovered(file: source.file, finding: finding, reason: reason))
    }

    /// Leaves out images with copies that are settings of programs in a cluster, or in texts inside of resources.
    ///
    /// - Parameter kind: a further kind of findings that is left out.
    mutating func leaveOutSettings(
        of source: OverlaySource, also kind: FindingKind? = nil, _ decide: (Finding) -> RewriteDecision,
        _ reason: String
    ) {
        for finding in source.findings
        where [.kubernetesSetting, .kubernetesText].contains(finding.kind) || finding.kind == kind {
            guard case .replace = decide(finding) else { continue }
            leaveOut(finding, of: source, reason)
        }
    }
}

extension String {
    /// In double quotes, as JSON, YAML and TOML all read it.
    var quoted: String { JSON.string(self).text }
}
