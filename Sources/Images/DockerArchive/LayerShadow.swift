// SPDX-License-Identifier: Apache-2.0

/// What layers hide in the layers below them. A layer hides nothing of its own: its removals are about lower layers,
/// wherever they stand in it (image-spec, layer.md, "Whiteouts").
struct LayerShadow: Sendable {
    /// Names that the layers above have or have removed. true: the name also hides everything below itself.
    private var above: [String: Bool] = [:]
    /// Folders whose content in lower layers is hidden.
    private var opaqueAbove: Set<String> = []
    /// The same for this layer. It takes effect from the next layer on.
    private var here: [String: Bool] = [:]
    private var opaqueHere: Set<String> = []
    private var removedHere: Set<String> = []
    /// Names that hide everything below themselves: those of the layers above, and those of this layer.
    private var hiding = FolderMarks()
    private var hidingHere = FolderMarks()

    /// Begins the next layer below.
    mutating func beginLayer() {
        for (name, hides) in here where !isBelowHidden(name) { set(name, hides: above[name] == true || hides) }
        for name in removedHere where !isBelowHidden(name) { set(name, hides: true) }
        for folder in opaqueHere { hiding.insert(folder) }
        opaqueAbove.formUnion(opaqueHere)
        (here, opaqueHere, removedHere, hidingHere) = ([:], [], [], FolderMarks())
    }

    private mutating func set(_ name: String, hides: Bool) {
        above[name] = hides
        if hides { hiding.insert(name) }
    }

    /// Notes an entry of this layer. If a name occurs twice, one entry that is not a folder is enough to hide what is
    /// below it.
    mutating func add(_ name: String, isFolder: Bool) {
        let hides = here[name] == true || !isFolder
        here[name] = hides
        if hides { hidingHere.insert(name) }
    }

    mutating func remove(_ name: String) {
        removedHere.insert(name)
        hidingHere.insert(name)
    }

    mutating func makeOpaque(_ folder: String) {
        opaqueHere.insert(folder)
        hidingHere.insert(folder)
    }

    /// Whether an entry of this layer is visible.
    func shows(_ name: String) -> Bool { above[name] == nil && !isBelowHidden(name) }

    private func isBelowHidden(_ name: String) -> Bool {
        hiding.hasFolder(above: name) { above[$0] == true || opaqueAbove.contains($0) }
    }

    /// Whether this layer removes or hides what lower layers have under this name, so that hard links cannot share it.
    func hidesBelow(_ name: String) -> Bool {
        removedHere.contains(name)
            || hidingHere.hasFolder(above: name) {
                here[$0] == true || removedHere.contains($0) || opaqueHere.contains($0)
            }
    }
}
