// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryTransport

extension ContentFailure {
    /// Adds a hint with the command that sends the same request as GET, whose answer has a body with reasons. Does not add
    /// one if only waiting helps.
    mutating func explainHead(_ reply: Reply, of call: Call, at host: RegistryHost) {
        guard reply.method == .head, hint == nil, retry == .never, let repository = call.repository else { return }
        let name = (host.isDockerHub ? "docker.io" : host.name) + "/" + repository.path
        let target = reply.asked.path
        for (kind, command) in [("manifests", "manifest"), ("blobs", "blob")] {
            let place = "/v2/\(repository.path)/\(kind)/"
            guard target.hasPrefix(place) else { continue }
            let end = target.dropFirst(place.count)
            let reference = name + (end.contains(":") ? "@" : ":") + end
            hint = "to see the registry's reasons: transship \(command) \(reference.displayable) > /dev/null"
        }
    }
}
