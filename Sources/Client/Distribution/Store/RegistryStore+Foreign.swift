// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryTransport

extension RegistryStore {
    /// A blob, where the registry has it, else from the places its descriptor names: layers that may not be distributed stay
    /// where they are ("foreign" ones; image-spec, descriptor.md, `urls`).
    ///
    /// Those places get no credentials, and are judged like everything else that a registry sends us to. Verify what comes.
    package func blobFromAnywhere(
        _ descriptor: Descriptor, in repository: Repository
    ) async throws(ContentFailure) -> BlobStream {
        do throws(ContentFailure) { return try await blob(descriptor, in: repository, from: 0).bytes } catch {
            // What may not be distributed has been looked for there already.
            if descriptor.mediaType.isNonDistributable { throw error }
            return try await foreignBlob(descriptor, after: error).bytes
        }
    }

    /// A blob from the places that its descriptor names, from its beginning.
    ///
    /// - Parameter failure: what the registry said of it, which holds where no place is named.
    func foreignBlob(
        _ descriptor: Descriptor, after failure: ContentFailure
    ) async throws(ContentFailure) -> OpenBlob {
        var failure = failure
        for url in descriptor.urls.prefix(Self.mostPlaces) where failure.kind != .cancelled {
            do throws(ContentFailure) { return try await foreignBlob(descriptor, at: url) } catch { failure = error }
        }
        throw failure
    }

    /// Places that are asked for one blob. Manifests name one or two; each more is a request to a stranger whom somebody else
    /// chose.
    private static let mostPlaces = 16

    private func foreignBlob(_ descriptor: Descriptor, at text: String) async throws(ContentFailure) -> OpenBlob {
        let url: WireURL
        do throws(WireURLError) { url = try WireURL(text) } catch {
            throw ContentFailure(.invalid, "foreign layer URL \"\(text.displayable)\": \(error)")
        }
        let response = try await session.sendAbroad(url)
        guard response.status == 200 else {
            let status = "\(response.status) \(StatusText.reason(response.status))"
            throw ContentFailure(.notFound, "GET \(url): unexpected status \(status)", status: response.status)
        }
        return try open(response, 0..<descriptor.size)
    }
}
