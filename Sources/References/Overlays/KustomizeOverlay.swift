// SPDX-License-Identifier: Apache-2.0

import OCI
import Rewriting
import Scanning

/// A kustomize component with an `images:` entry for each image that has a copy.
///
/// kustomize replaces images by their names, as written, whatever the tag (api/filters/imagetag), and in container
/// lists only. Images elsewhere in a resource get a patch of their own.
struct KustomizeOverlay {
    fileprivate struct Use {
        let source: OverlaySource
        let finding: Finding
        let reference: Reference
        let decision: RewriteDecision
    }

    private(set) var overlay = Overlay()
    private var entries: [String] = []
    private var patches = UniqueList<String>()

    init(_ sources: [OverlaySource], _ decide: (Finding) -> RewriteDecision) {
        var order: [String] = []
        var uses: [String: [Use]] = [:]
        for source in sources {
            overlay.leaveOutSettings(
                of: source, decide, "kustomize replaces images of containers, and this is a setting or a text")
            for use in replaceable(source, decide) {
                let name = FieldValues(use.reference).name
                if uses[name] == nil { order.append(name) }
                uses[name, default: []].append(use)
            }
        }
        for name in order { add(name, uses[name] ?? []) }
        guard !entries.isEmpty || !patches.elements.isEmpty else { return }
        overlay.files = [OverlayFile(path: "kustomization.yaml", text: text)]
    }

    private var text: String {
        let header = """
            \(OverlayFile.mark) kustomize. To use it, name its folder in a kustomization:
            #   components: [FOLDER]
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component

            """
        return header + (entries.isEmpty ? "" : "images:\n" + entries.joined())
            + (patches.elements.isEmpty ? "" : "patches:\n" + patches.elements.joined())
    }

    private mutating func replaceable(
        _ source: OverlaySource, _ decide: (Finding) -> RewriteDecision
    ) -> [Use] {
        let findings = source.findings.filter { $0.kind == .kubernetes || $0.kind == .kustomize }
        guard !findings.isEmpty else { return [] }
        let paths = KeyPaths(source.bytes)
        var uses: [Use] = []
        for finding in findings {
            let decision = decide(finding)
            guard let reference = finding.reference else {
                if case .refuse(let reason) = decision { overlay.leaveOut(finding, of: source, reason) }
                continue
            }
            if case .replace(let target) = decision, let path = Self.pathElsewhere(finding, paths) {
                patch(finding, at: path, of: source, to: target)
            } else {
                uses.append(Use(source: source, finding: finding, reference: reference, decision: decision))
            }
        }
        return uses
    }

    // MARK: - Images outside of container lists

    private static let containerLists: Set<String> = ["containers", "initContainers", "ephemeralContainers"]

    /// The path of a resource's image that is not in a container list; empty if no keys lead there.
    private static func pathElsewhere(_ finding: Finding, _ paths: KeyPaths) -> [KeyStep]? {
        guard finding.kind == .kubernetes else { return nil }
        let found = finding.parts.first.map { paths.paths(to: $0.range.lowerBound) } ?? []
        if found.contains(where: isInContainerList) { return nil }
        // An image without a path may be in a text inside the file: in a patch, for containers.
        if found.isEmpty, finding.parts.first?.style == .block { return nil }
        return found.first ?? []
    }

    private static func isInContainerList(_ path: [KeyStep]) -> Bool {
        guard path.count >= 3, path.last == .key("image"), case .item = path[path.count - 2],
            case .key(let list) = path[path.count - 3]
        else { return false }
        return containerLists.contains(list)
    }

    private mutating func patch(
        _ finding: Finding, at path: [KeyStep], of source: OverlaySource, to target: Reference
    ) {
        var path = path[...]
        // kustomize splits lists of resources.
        if path.first == .key("items"), case .item? = path.dropFirst().first { path = path.dropFirst(2) }
        guard let owner = finding.owner, let name = owner.name, !path.isEmpty else {
            return overlay.leaveOut(finding, of: source, "kustomize replaces images in container lists only")
        }
        guard let value = Self.value(of: finding, for: target) else {
            return overlay.leaveOut(finding, of: source, "a patch replaces one field, and others decide the image, too")
        }
        let text = """
            - target: {kind: \(owner.kind.quoted), name: \(name.quoted)}
              patch: |-
                [{"op": "replace", "path": \(Self.pointer(path).quoted), "value": \(JSON.string(value).text)}]

            """
        patches.add(text)
    }

    /// The value of the field with an image's name that makes it `target`. What stands behind the name stays, such as a
    /// parameter of which the reference has the default. nil: the field does not decide what has to change.
    private static func value(of finding: Finding, for target: Reference) -> String? {
        guard let part = finding.parts.first else { return nil }
        if part.field == .reference { return target.asTyped }
        let isRenamed = finding.reference?.tag == target.tag && finding.reference?.digest == target.digest
        let hasEscapes = part.style != .bare && finding.text.contains { "\\'".contains($0) }
        guard part.field == .name, isRenamed, !hasEscapes, let name = part.value,
            part.range.lowerBound == finding.range.lowerBound, finding.text.hasPrefix(name)
        else { return nil }
        return FieldValues(target).name + finding.text.dropFirst(name.count)
    }

    /// The JSON pointer of a path (RFC 6901).
    private static func pointer(_ path: ArraySlice<KeyStep>) -> String {
        path.map { step in
            switch step {
            case .item(let place): "/\(place)"
            case .key(let name): "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
            }
        }.joined()
    }

    // MARK: - Names

    /// Adds the one entry for a name. Images that it cannot express are left out.
    private mutating func add(_ name: String, _ uses: [Use]) {
        var targets: [Reference: Reference] = [:]
        var unmoved: Reference?
        for use in uses {
            switch use.decision {
            case .replace(let target): targets[use.reference] = target
            case .refuse(let reason): overlay.leaveOut(use.finding, of: use.source, reason)
            case .leave: unmoved = use.reference
            }
        }
        guard let (reference, target) = targets.min(by: { $0.key.canonical < $1.key.canonical }) else { return }
        if let unmoved {
            return refuse(uses, "kustomize replaces images by name, and \(unmoved) has no copy")
        }
        let isRenamed = targets.allSatisfy { $0.tag == $1.tag && $0.digest == $1.digest }
        let newNames = Set(targets.values.map { FieldValues($0).name })
        guard newNames.count == 1, isRenamed || targets.count == 1, uses.allSatisfy(\.isMoved) else {
            return refuse(
                uses, "kustomize replaces images by name, and \(targets.count) of this name become different things")
        }
        entries.append(Self.entry(name, becomes: FieldValues(target), insteadOf: isRenamed ? nil : reference))
    }

    /// - Parameter reference: the image that is replaced, if its tag or digest changes, too.
    private static func entry(_ name: String, becomes target: FieldValues, insteadOf reference: Reference?) -> String {
        var lines = ["- name: \(name.quoted)", "  newName: \(target.name.quoted)"]
        if reference != nil {
            if let tag = target.tag { lines.append("  newTag: \(tag.quoted)") }
            if let digest = target.digest { lines.append("  digest: \(digest.text.quoted)") }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private mutating func refuse(_ uses: [Use], _ reason: String) {
        for use in uses where use.isMoved { overlay.leaveOut(use.finding, of: use.source, reason) }
    }
}

extension KustomizeOverlay.Use {
    fileprivate var isMoved: Bool { if case .replace = decision { true } else { false } }
}
