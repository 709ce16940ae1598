// SPDX-License-Identifier: Apache-2.0

/// Reads talhelper's configuration, from which talhelper makes the configurations of Talos machines
/// (budimanjojo.github.io/talhelper, "Configuration").
struct TalosScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private(set) var findings: [Finding] = []

    init(view: YAMLView) { self.view = view }

    private var document: YAMLDocument { view.document }

    static func isMeant(_ document: YAMLDocument) -> Bool {
        ["clusterName", "nodes"].allSatisfy { document.value($0, in: document.root) != nil }
            && ["talosVersion", "talosImageURL"].contains { document.value($0, in: document.root) != nil }
    }

    /// Finds the installers. The tag is the version at the top level. If that is absent, talhelper uses its own
    /// default.
    mutating func scan() {
        let version = document.value("talosVersion", in: view.root).flatMap { view.text($0) }
        for index in images {
            guard let image = view.text(index), !image.isEmpty, document.kind(index) == .scalar else { continue }
            let bounds = ReferenceBounds(image.bytes)
            let hasVersion = bounds.hasVersion
            let whole =
                hasVersion
                ? view.finding(.talos, at: index)
                : version.flatMap { PulledFields(["image": image, "tag": $0]).finding(.talos) }
            if let finding = whole ?? view.finding(.talos, at: index, name: image, lacking: "talosVersion") {
                findings.append(finding)
            }
        }
    }

    private var images: [Index] {
        (["talosImageURL", "nodes.talosImageURL"] as [KeyPattern]).flatMap { $0.values(in: document) }
    }

    /// Parts of machine configurations that are merged over the others: for all machines, for some, or for one.
    var patches: [Index] {
        (["patches", "controlPlane.patches", "worker.patches", "nodes.patches"] as [KeyPattern])
            .flatMap { $0.values(in: document) }
            .filter(document.isLines)
    }
}
