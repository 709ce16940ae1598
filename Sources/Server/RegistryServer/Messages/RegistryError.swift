// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1
package import OCI

/// An error response to a request (distribution-spec, "Error Codes").
package struct RegistryError: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        case blobUnknown = "BLOB_UNKNOWN"
        case blobUploadInvalid = "BLOB_UPLOAD_INVALID"
        case blobUploadUnknown = "BLOB_UPLOAD_UNKNOWN"
        case digestInvalid = "DIGEST_INVALID"
        case manifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
        case manifestInvalid = "MANIFEST_INVALID"
        case manifestUnknown = "MANIFEST_UNKNOWN"
        case nameInvalid = "NAME_INVALID"
        case nameUnknown = "NAME_UNKNOWN"
        case sizeInvalid = "SIZE_INVALID"
        case unauthorized = "UNAUTHORIZED"
        case denied = "DENIED"
        case unsupported = "UNSUPPORTED"
        case tooManyRequests = "TOOMANYREQUESTS"
        /// Not in the specification. The reference registry uses it if no other code fits.
        case unknown = "UNKNOWN"
    }

    package var status: HTTPResponseStatus
    /// Usually one. A manifest may have many missing blobs.
    package var reasons: [Reason]
    package var headers: HTTPHeaders

    package struct Reason: Sendable {
        package var code: Code
        package var message: String
        package var detail: JSON?

        package init(_ code: Code, _ message: String, detail: JSON? = nil) {
            self.code = code
            self.message = message
            self.detail = detail
        }
    }

    package init(
        _ status: HTTPResponseStatus, _ code: Code, _ message: String, detail: JSON? = nil, headers: HTTPHeaders = [:]
    ) {
        self.init(status, [Reason(code, message, detail: detail)], headers: headers)
    }

    package init(_ status: HTTPResponseStatus, _ reasons: [Reason], headers: HTTPHeaders = [:]) {
        self.status = status
        self.reasons = reasons
        self.headers = headers
    }

    package var response: RegistryResponse {
        let errors = reasons.map { reason in
            JSON.object(compacting: [
                "code": .string(reason.code.rawValue), "message": .string(reason.message), "detail": reason.detail,
            ])
        }
        var response = RegistryResponse.json(
            status, JSON.object(["errors": .array(errors)]).text, headers: headers)
        response.refusal = reasons.first
        return response
    }
}

extension RegistryError {
    static func blobUnknown(_ digest: Digest) -> RegistryError {
        RegistryError(.notFound, .blobUnknown, "blob unknown to registry", detail: .string(digest.text))
    }

    static func uploadUnknown(_ id: String) -> RegistryError {
        RegistryError(.notFound, .blobUploadUnknown, "blob upload unknown to registry", detail: .string(id.displayable))
    }

    static func digestInvalid(_ message: String) -> RegistryError {
        RegistryError(.badRequest, .digestInvalid, message)
    }

    static func manifestUnknown(_ reference: String) -> RegistryError {
        RegistryError(
            .notFound, .manifestUnknown, "manifest unknown to registry", detail: .string(reference.displayable))
    }

    static func nameUnknown(_ repository: Repository) -> RegistryError {
        RegistryError(
            .notFound, .nameUnknown, "repository name not known to registry", detail: .string(repository.path))
    }

    /// A limit of the registry is used up by other requests. The client may try again.
    static func tooMany(_ message: String) -> RegistryError {
        RegistryError(.tooManyRequests, .tooManyRequests, message, headers: ["Retry-After": "1"])
    }

    static func damaged(_ digest: Digest) -> RegistryError {
        RegistryError(
            .internalServerError, .unknown, "the registry's copy is damaged on its disk: push it again",
            detail: .string(digest.text))
    }

    static func methodNotAllowed(_ allowed: String) -> RegistryError {
        RegistryError(
            .methodNotAllowed, .unsupported, "this method is not supported here", headers: ["Allow": allowed])
    }
}
