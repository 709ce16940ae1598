// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a pod's status says of its containers, by their names.
struct RunningImages {
    /// One container's image, by its name and by what the runtime holds it to be.
    struct Container {
        /// `status.image`: the name the runtime knows it by, or a bare identifier.
        let name: Reference?
        /// `imageID`: the repository and the digest.
        let identity: Reference?
    }

    private var containers: [String: Container] = [:]

    init() {}

    init(pod: YAMLDocument.Index, in document: YAMLDocument) {
        guard let status = document.value("status", in: pod) else { return }
        for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
            for item in document.value(list, in: status).map(document.items) ?? [] {
                func reference(_ key: String) -> Reference? {
                    document.value(key, in: item).flatMap(document.string).flatMap(Self.reference)
                }
                guard let name = document.value("name", in: item).flatMap(document.string) else { continue }
                containers[name] = Container(name: reference("image"), identity: reference("imageID"))
            }
        }
    }

    /// Docker's runtimes write a scheme in front: `docker-pullable://`, or `docker://` before what has no repository.
    private static func reference(_ text: String) -> Reference? {
        ImageName.reference(text.place(of: "://").map { String(text[$0.upperBound...]) } ?? text)
    }

    subscript(name: String) -> Container? { containers[name] }
}

extension RunningImages.Container {
    /// The digest of what runs, where the status shows that it is what the spec asks for: the pod may still run what its
    /// spec asked for before, and an image that has several names is reported by any of them ("The image ID may not match
    /// the image ID of the image used in the PodSpec": Kubernetes API, ContainerStatus).
    func digest(if wanted: Reference) -> Digest? {
        guard let identity, let digest = identity.digest, identity.hasName(of: wanted) else { return nil }
        if let asked = wanted.digest { return asked == digest || asked == name?.digest ? digest : nil }
        guard let name, name.hasName(of: wanted), name.tag == wanted.tag else { return nil }
        return digest
    }
}

extension Reference {
    fileprivate func hasName(of other: Reference) -> Bool {
        registry.canonicalName == other.registry.canonicalName && repository == other.repository
    }
}
