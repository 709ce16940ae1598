// SPDX-License-Identifier: Apache-2.0

import OCI

/// An image that is named as in skopeo and similar tools: a transport, a colon, and the rest
/// (containers-transports(5)). Some of these names could be parsed as images of Docker Hub, which is never intended.
package struct ForeignTransport: Sendable, Equatable {
    private static let transports = [
        "docker://", "docker-archive:", "oci-archive:", "dir:", "docker-daemon:", "containers-storage:",
    ]

    private let word: String
    private let transport: String
    private let rest: String

    /// nil for a word without such a transport.
    package init?(_ word: String) {
        guard let transport = Self.transports.first(where: word.hasPrefix) else { return nil }
        self.word = word
        self.transport = transport
        rest = String(word.dropFirst(transport.count))
    }

    package var message: String { "\"\(ReferenceError.shown(word))\" names an image in skopeo's way" }

    /// What to type instead.
    package var hint: String { text.displayable(limit: 512) }

    private var text: String {
        let file = rest.prefix { $0 != ":" }
        return switch transport {
        case "docker://": ReferenceError(input: word, reason: .missingRepository).hint ?? ""
        case "docker-archive:":
            "transship push \(file) REGISTRY/IMAGE sends such a file, transship pull IMAGE \(file) writes one"
        case "oci-archive:":
            "unpack the file and name its folder, oci:FOLDER; transship pull --format=oci IMAGE FOLDER writes such a folder"
        case "dir:": "oci:\(rest) is a folder with an image, as an OCI image layout"
        case "docker-daemon:": "docker save \(rest) -o image.tar, then transship push image.tar REGISTRY/IMAGE"
        default: "podman save \(rest) -o image.tar, then transship push image.tar REGISTRY/IMAGE"
        }
    }
}
