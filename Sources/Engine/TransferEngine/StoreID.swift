// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A place of content within a run: a value, so that nobody reads a name again to know what stands behind it.
package enum StoreID: Hashable, Sendable, CustomStringConvertible {
    case registry(RegistryHost)
    /// An OCI image layout, by its folder.
    case layout(folder: String)
    /// What this run alone knows: an archive, or an image that was made.
    case local(String)

    /// The place that a reference names.
    package init(_ host: RegistryHost) {
        self = host.layoutFolder.map { .layout(folder: $0) } ?? .registry(host)
    }

    /// The place that was written down under its name.
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

    /// One spelling for one place, where several names lead to it.
    package var canonicalName: String {
        if case .registry(let host) = self { host.canonicalName } else { name }
    }

    package var isRegistry: Bool { if case .registry = self { true } else { false } }

    package var isLayout: Bool { if case .layout = self { true } else { false } }

    package var description: String { name.displayable }
}

/// An item's position in the order of submission.
package typealias ItemID = Int
