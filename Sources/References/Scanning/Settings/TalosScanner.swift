// SPDX-License-Identifier: Apache-2.0

/// talhelper's configuration, of which it makes those of Talos' machines (budimanjojo.github.io/talhelper, "Configuration").
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

    /// Installers: the tag is the version that stands at the top; left out, it is talhelper's own.
    mutating func scan() {
        let version = document.value("talosVersion", in: view.root).flatMap { view.text($0) }
        for index in images {
            guard let image = view.text(index), !image.isEmpty, document.kind(index) == .scalar else { continue }
            let bounds = ReferenceBounds(image.bytes)
            let hasVersion = bounds.tag != nil || bounds.digest != nil
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

    /// Parts of machines' configurations that are laid over the others: for all machines, for some, for one.
    var patches: [Index] {
        (["patches", "controlPlane.patches", "worker.patches", "nodes.patches"] as [KeyPattern])
            .flatMap { $0.values(in: document) }
            .filter { document.string($0)?.contains("\n") == true }
    }
}
