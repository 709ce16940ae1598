// SPDX-License-Identifier: Apache-2.0

/// What layers hide of those below them. A layer hides nothing of its own: its removals are about lower layers, wherever they
/// stand in it (image-spec, layer.md, "Whiteouts").
struct LayerShadow: Sendable {
    /// Names of the layers above, or removed by them; true: hides what is below that name too.
    private var above: [String: Bool] = [:]
    /// Folders whose content in lower layers is hidden.
    private var opaqueAbove: Set<String> = []
    /// The same of this layer, which counts from the next one on.
    private var here: [String: Bool] = [:]
    private var opaqueHere: Set<String> = []
    private var removedHere: Set<String> = []

    /// Goes on to the next layer below.
    mutating func beginLayer() {
        for (name, hides) in here where !isBelowHidden(name) { above[name] = above[name] == true || hides }
        for name in removedHere where !isBelowHidden(name) { above[name] = true }
        opaqueAbove.formUnion(opaqueHere)
        (here, opaqueHere, removedHere) = ([:], [], [])
    }

    /// Notes an entry of this layer: of those that come twice any counts that is no folder.
    mutating func add(_ name: String, isFolder: Bool) { here[name] = here[name] == true || !isFolder }

    mutating func remove(_ name: String) { removedHere.insert(name) }

    mutating func makeOpaque(_ folder: String) { opaqueHere.insert(folder) }

    /// Whether an entry of this layer is seen from above.
    func shows(_ name: String) -> Bool { above[name] == nil && !isBelowHidden(name) }

    private func isBelowHidden(_ name: String) -> Bool {
        Self.folders(of: name).contains { above[$0] == true || opaqueAbove.contains($0) }
    }

    /// Whether this layer takes from its files what lower layers have under this name.
    func hidesBelow(_ name: String) -> Bool {
        removedHere.contains(name)
            || Self.folders(of: name).contains {
                here[$0] == true || removedHere.contains($0) || opaqueHere.contains($0)
            }
    }

    /// The folders that an entry is in, the nearest one first; the root is called nothing.
    private static func folders(of name: String) -> some Sequence<String> {
        sequence(state: name) { rest in
            guard !rest.isEmpty else { return nil }
            rest = LayerPath.split(rest).folder
            return rest
        }
    }
}
