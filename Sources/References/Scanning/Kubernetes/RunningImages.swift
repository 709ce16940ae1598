// SPDX-License-Identifier: Apache-2.0

import OCI

/// The images of a pod's containers according to its status, by container name.
struct RunningImages {
    /// One container's image: its name, and the identity that the runtime reports.
    struct Container {
        /// `status.image`: the name by which the runtime knows the image, or an identifier without a name.
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

    /// Removes the scheme that Docker's runtimes write in front: `docker-pullable://`, or `docker://` if the image has
    /// no repository.
    private static func reference(_ text: String) -> Reference? {
        ImageName.reference(text.place(of: "://").map { String(text[$0.upperBound...]) } ?? text)
    }

    subscript(name: String) -> Container? { containers[name] }
}

extension RunningImages.Container {
    /// The digest of the running image, if the status proves that the spec's image is running. A pod may still run the
    /// image that its spec named before. An image with several names is reported under any of them ("The image ID may
    /// not match the image ID of the image used in the PodSpec": Kubernetes API, ContainerStatus).
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
