// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI

/// Implements the distribution specification 1.1 on a storage: all methods, without authentication.
package struct RegistryHandler: RegistryResponder {
    let storage: any RegistryStorage
    let limits: RegistryLimits
    let manifestMemory: ByteBudget
    /// Receives the reason of a storage failure. Clients do not get this reason.
    let report: @Sendable (String) -> Void

    package init(
        _ storage: any RegistryStorage, limits: RegistryLimits = RegistryLimits(),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.storage = storage
        self.report = report
        self.limits = limits
        manifestMemory = ByteBudget(limits.manifestMemory)
    }

    package func respond(to request: RegistryRequest) async -> RegistryResponse {
        do {
            return try await answer(request)
        } catch let error as RegistryError {
            return error.response
        } catch is BodyInterrupted {
            return .aborted(.close)
        } catch is BodyTimedOut {
            return RegistryError(.requestTimeout, .unknown, "no byte of the request's body arrived for too long")
                .response
        } catch is TooManyUploads {
            return RegistryError.tooMany("the registry has as many unfinished uploads as it may have").response
        } catch let damaged as DamagedContent {
            return RegistryError.damaged(damaged.digest).response
        } catch is UploadTakenOver {
            return RegistryError(.conflict, .blobUploadInvalid, "another request writes to this upload").response
        } catch {
            // The system's error text may contain paths, so it is not sent to clients.
            report("\(request.method) \(request.path): the storage failed: \(error)".displayable)
            return RegistryError(.internalServerError, .unknown, "the registry's storage failed").response
        }
    }

    private func answer(_ request: RegistryRequest) async throws -> RegistryResponse {
        switch RegistryRoute(path: request.path) {
        case .base: try ping(request)
        case .catalog: try await catalog(request)
        case .tags(let repository): try await tags(request, repository)
        case .manifest(let repository, let reference): try await manifest(request, repository, reference)
        case .blob(let repository, let digest): try await blob(request, repository, digest)
        case .uploads(let repository): try await startUpload(request, repository)
        case .upload(let repository, let id): try await upload(request, repository, id)
        case .referrers(let repository, let digest): try await referrers(request, repository, digest)
        case .invalidName(let name):
            throw RegistryError(
                .badRequest, .nameInvalid, "invalid repository name", detail: .string(name.displayable))
        case .unknown: throw RegistryError(.notFound, .unsupported, "no such endpoint")
        }
    }

    private func ping(_ request: RegistryRequest) throws -> RegistryResponse {
        try request.allow(.GET, .HEAD)
        return .json(.ok, "{}", headers: ["Docker-Distribution-API-Version": "registry/2.0"])
    }
}

/// Limits for requests of clients.
package struct RegistryLimits: Sendable {
    /// The maximum number of bytes of a manifest. The response to a larger one is 413. The specification requires at
    /// least 4 megabytes (distribution-spec, "Pushing Manifests").
    package var manifestSize = 4 << 20
    /// The maximum number of bytes of all manifests that are being received. The response beyond it is 429.
    package var manifestMemory = 64 << 20
    /// The maximum number of open upload sessions. The response beyond it is 429.
    package var unfinishedUploads = 10_000
    /// The maximum number of tags in one manifest PUT. The response to more is 414.
    package var tagsPerPut = 100
    /// The maximum number of bytes of one page of referrers. It is smaller than what clients accept as an index.
    package var referrersPage = 3 << 20
    /// Whether a manifest's blobs and children must exist before it is pushed. If false, indexes can be pushed without
    /// all of their children.
    package var checksReferences = true

    package init() {}
}

extension RegistryRequest {
    /// - Throws: 405 for any other method.
    func allow(_ methods: HTTPMethod...) throws {
        guard methods.contains(method) else {
            throw RegistryError.methodNotAllowed(methods.map(\.rawValue).joined(separator: ", "))
        }
    }

    /// A parameter that is a whole number, 0 or larger; nil if the parameter is missing.
    ///
    /// - Throws: 400 for anything else.
    func count(_ name: String) throws -> Int? {
        guard let text = query[name] else { return nil }
        guard let count = Int(digits: text) else {
            throw RegistryError(
                .badRequest, .unsupported, "\"\(name)\" is not a whole number from 0 on",
                detail: .string(text.displayable(limit: 64)))
        }
        return count
    }
}
