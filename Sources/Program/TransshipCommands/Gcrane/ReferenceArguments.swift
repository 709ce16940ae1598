// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTasks

extension NamedRepository {
    /// Refuses a target name that its registry cannot have, before any request is sent.
    func checkTargetName() throws {
        try Reference(registry: registry, repository: repository, tag: nil, digest: nil).checkTargetName()
    }
}

extension ReferenceError.Reason {
    /// gcrane's message for an invalid digest.
    fileprivate var gcraneText: String {
        guard case .digest(let error) = self else { return text }
        switch error {
        case .malformed(let text), .wrongLength(let text), .unsupportedAlgorithm(let text):
            guard text.hasPrefix("sha256:") else { return "unsupported digest algorithm: \(text.displayable)" }
            return text.utf8.count == 71 ? "invalid checksum digest format" : "invalid checksum digest length"
        }
    }
}

extension String {
    /// Parses a reference as `cp` takes it.
    ///
    /// - Parameter what: the description of the operation, for the error if the text is not a reference.
    func reference(_ what: String) throws -> Reference {
        let shown = ReferenceError.shown(self)
        let message = "\(what) \"\(shown)\": could not parse reference: \(shown)"
        if let hint = schemeHint { throw CommandFailure(message, hint: hint) }
        do throws(ReferenceError) { return try Reference(parsing: self, dialect: .gcrane) } catch {
            throw CommandFailure(message, hint: error.hint ?? error.reason.text)
        }
    }

    /// Parses one end of a copy: a reference, or a layout folder.
    func copyEnd(_ what: String) throws -> Reference {
        guard LayoutReference.isMeant(by: self) else { return try reference(what) }
        do throws(ReferenceError.Reason) { return Reference(try LayoutReference(parsing: self)) } catch {
            throw CommandFailure(
                "\(what) \"\(displayable)\": could not parse reference: \(displayable)",
                hint: "a layout is written oci:FOLDER, oci:FOLDER:TAG or oci:FOLDER@DIGEST: \(error.text)")
        }
    }

    /// Parses a reference, with an error that does not describe the operation.
    func bareReference() throws -> Reference {
        do throws(ReferenceError) { return try Reference(parsing: self, dialect: .gcrane) } catch {
            throw CommandFailure(
                "could not parse reference: \(ReferenceError.shown(self))", hint: error.hint ?? error.reason.text)
        }
    }

    /// Parses `repository@digest`.
    func digestReference(_ what: String) throws -> Reference {
        do throws(ReferenceError) {
            let reference = try Reference(parsing: self, dialect: .gcrane)
            guard reference.digest != nil else { throw ReferenceError(input: self, reason: .digestSeparator(self)) }
            return reference
        } catch {
            let reason = contains("@") ? error.reason : .digestSeparator(self)
            throw CommandFailure("\(what): \(reason.gcraneText)")
        }
    }

    /// Parses `[host/]repository`.
    ///
    /// - Parameter what: the description of the operation, for the error; nil: the error says only what is wrong.
    func repositoryPlace(_ what: String?) throws -> NamedRepository {
        do throws(ReferenceError) {
            let (registry, repository) = try Reference.parseRepository(self)
            return NamedRepository(registry: registry, repository: repository)
        } catch {
            throw CommandFailure((what.map { $0 + ": " } ?? "") + error.reasonText, hint: schemeHint ?? error.hint)
        }
    }

    /// What to type instead of a URL; nil if the text is not one. A URL with a host and no port would be taken for a
    /// registry named like the scheme.
    private var schemeHint: String? {
        for scheme in ["https://", "http://", "docker://"] where lowercased().hasPrefix(scheme) {
            let error = ReferenceError(input: self, reason: .missingRepository)
            if error.hasLogin { return error.hint }
            return "leave out \"\(scheme)\": \(dropFirst(scheme.count).displayable)"
        }
        return nil
    }
}
