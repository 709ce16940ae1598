// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Identifies a store within a run. It is a value, so that names are parsed only once.
package enum StoreID: Hashable, Sendable, CustomStringConvertible {
    case registry(RegistryHost)
    /// An OCI image layout, by its folder.
    case layout(folder: String)
    /// A store that only this run knows: an archive, or an image that was made.
    case local(String)

    /// The store that a reference names.
    package init(_ host: RegistryHost) {
        self = host.layoutFolder.map { .layout(folder: $0) } ?? .registry(host)
    }

    /// The store with this written name.
    package init(named name: String) {
        if LayoutReference.isMeant(by: name) {
            self = .layout(folder: String(name.dropFirst(LayoutReference.scheme.count)))
        } else {
            self = (try? RegistryHost(name)).map { .registry($0) } ?? .local(name)
        }
    }

    package var name: String {
        switch self {
        case .registry(let host): host.name
        case .layout(let folder): LayoutReference.scheme + folder
        case .local(let name): name
        }
    }

    /// The canonical spelling of a store that has several names.
    package var canonicalName: String {
        if case .registry(let host) = self { host.canonicalName } else { name }
    }

    package var isRegistry: Bool { if case .registry = self { true } else { false } }

    package var isLayout: Bool { if case .layout = self { true } else { false } }

    package var description: String { name.displayable }
}

/// An item's position in the order of submission.
package typealias ItemID = Int
