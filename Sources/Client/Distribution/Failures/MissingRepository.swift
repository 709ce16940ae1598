// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

/// What can be told from an answer about the repository that somebody wanted to push to.
enum RepositoryDoubt {
    case isMissing
    /// Google's registries do not tell strangers what exists: "denied on resource … (or it may not exist)".
    case mayBeMissing

    /// - Parameter call: what was asked; a 404 alone says so only of a request that begins a push.
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
    /// Asks for an upload, or puts a manifest; not a later request of an upload, whose 404 means the upload.
    fileprivate var beginsPush: Bool {
        guard case .path = destination else { return false }
        return method == .post || method == .put
    }
}

extension ContentFailure {
    /// Adds the command that makes the repository, where its registry is known to want one.
    ///
    /// All that fails for the one reason has the same hint, so that it can be told once.
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
