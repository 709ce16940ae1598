// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

/// What an answer tells about the repository of a push.
enum RepositoryDoubt {
    case isMissing
    /// Google's registries do not tell clients without access what exists: "denied on resource … (or it may not exist)".
    case mayBeMissing

    /// - Parameter call: the request. A 404 alone means a missing repository only for a request that begins a push.
    init?(_ failure: ContentFailure, of call: Call) {
        guard let repository = call.repository, call.scopes.covers(ScopeSet(.push(repository))) else { return nil }
        if failure.codes.contains("NAME_UNKNOWN") {
            self = .isMissing
        } else if failure.status == 404, failure.codes.isEmpty, call.beginsPush {
            self = .isMissing
        } else if failure.kind == .denied, failure.message.contains("may not exist") {
            self = .mayBeMissing
        } else {
            return nil
        }
    }
}

extension Call {
    /// True for a request that opens an upload or puts a manifest. For later requests of an upload, a 404 means the upload.
    fileprivate var beginsPush: Bool {
        guard case .path = destination else { return false }
        return method == .post || method == .put
    }
}

extension ContentFailure {
    /// Adds the command that creates the repository, if its registry is known to require this.
    ///
    /// All failures with this reason have the same hint, so that it can be shown once.
    mutating func explainMissingRepository(_ call: Call, at host: RegistryHost) {
        guard hint == nil, let repository = call.repository, let doubt = RepositoryDoubt(self, of: call),
            let command = HostedRegistry(host)?.creation(of: repository)
        else { return }
        switch doubt {
        case .isMissing: hint = "the repository is not there; this makes it: \(command)"
        case .mayBeMissing: hint = "if it is the repository that is missing, this makes it: \(command)"
        }
    }
}
