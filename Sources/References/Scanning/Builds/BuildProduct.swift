// SPDX-License-Identifier: Apache-2.0

import OCI

/// A name that the build at hand gives to what it makes. Nobody pulls it from where it is named: it is made here.
package struct BuildProduct: Hashable, Sendable {
    /// Who uses the name for what was made.
    package enum Users: Hashable, Sendable {
        case all
        /// What Compose and Bake start and build: others get the image from where it was pushed.
        case compose
    }

    /// As `ProductName` says it.
    package var name: String
    package var users: Users
    /// How many folders above that of the declaring file the name counts, too: its manifests may stand there.
    package var levelsUp: Int
    /// The only file in which the name counts, from the declaring file's folder on: a Dockerfile that is built with something
    /// else in place of what it names.
    package var onlyFile: String?

    /// - Parameter text: the image as the build names it, with or without a tag.
    package init(_ text: String, users: Users = .all, levelsUp: Int = 0, onlyFile: String? = nil) {
        self.onlyFile = onlyFile
        name = ProductName.of(text)
        self.users = users
        self.levelsUp = levelsUp
    }
}

/// Names of images by which products and their uses are compared: without tag and digest, Docker Hub's always alike.
package enum ProductName {
    package static func of(_ text: String) -> String {
        if let reference = ImageName.reference(text) { return of(reference) }
        let bytes = Array(text.utf8)
        let name = ReferenceBounds(bytes).name.map { String(decoding: bytes[$0], as: UTF8.self) } ?? text
        return ImageName.reference(name).map(of) ?? name
    }

    package static func of(_ finding: Finding) -> String {
        finding.reference.map(of) ?? of(finding.text)
    }

    private static func of(_ reference: Reference) -> String {
        reference.registry.canonicalName + "/" + reference.repository.path
    }

    /// What nobody can pull, whoever names it: ko's import paths, the name that Kubebuilder's manifests have until something is
    /// built for them, and what Garden builds.
    static func isPlaceholder(_ text: String) -> Bool {
        text.hasPrefix("ko://") || text == "controller:latest" || isGardens(text)
    }

    /// Garden's names for what it builds: `${actions.build.api.outputs.deployment-image-id}`.
    private static func isGardens(_ text: String) -> Bool {
        (text.hasPrefix("${actions.build") || text.hasPrefix("${modules")) && text.contains(".outputs.deployment")
    }
}

extension FindingKind {
    func uses(_ users: BuildProduct.Users) -> Bool {
        switch users {
        case .all: true
        case .compose: [.compose, .dockerfileFrom, .dockerfileCopy, .dockerfileMount].contains(self)
        }
    }
}
