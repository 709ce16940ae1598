// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryTransport

extension RegistryStore {
    /// Opens a blob from the registry or, if the registry lacks it, from the URLs in its descriptor. Layers that may not be
    /// distributed ("foreign" layers) are stored there (image-spec, descriptor.md, `urls`).
    ///
    /// Those hosts get no credentials, and the rules for redirects apply to them. The caller must verify the bytes.
    package func blobFromAnywhere(
        _ descriptor: Descriptor, in repository: Repository
    ) async throws(ContentFailure) -> BlobStream {
        do throws(ContentFailure) { return try await blob(descriptor, in: repository, from: 0).bytes } catch {
            // A layer that may not be distributed has been requested from the URLs already.
            if descriptor.mediaType.isNonDistributable { throw error }
            return try await foreignBlob(descriptor, after: error).bytes
        }
    }

    /// Opens a blob at the URLs in its descriptor, from its beginning.
    ///
    /// - Parameter failure: the registry's failure, which is thrown if the descriptor has no URL.
    func foreignBlob(
        _ descriptor: Descriptor, after failure: ContentFailure
    ) async throws(ContentFailure) -> OpenBlob {
        var failure = failure
        for url in descriptor.urls.prefix(Self.mostPlaces) where failure.kind != .cancelled {
            do throws(ContentFailure) { return try await foreignBlob(descriptor, at: url) } catch {
                failure = error
                failure.isOfForeignHost = true
            }
        }
        throw failure
    }

    /// The most URLs that are tried for one blob. Manifests name one or two. Each further one is a request to a host that
    /// an untrusted party chose.
    private static let mostPlaces = 16

    private func foreignBlob(_ descriptor: Descriptor, at text: String) async throws(ContentFailure) -> OpenBlob {
        let url: WireURL
        do throws(WireURLError) { url = try WireURL(text) } catch {
            throw ContentFailure(.invalid, "foreign layer URL \"\(text.displayable)\": \(error)")
        }
        let response = try await session.sendToThirdParty(url)
        guard response.status == 200 else { throw unexpected(response.status, of: url) }
        return try open(response, 0..<descriptor.size)
    }

    private func unexpected(_ status: Int, of url: WireURL) -> ContentFailure {
        let isPassing = [408, 429].contains(status) || status >= 500
        return ContentFailure(
            isPassing ? .unavailable : .notFound,
            "GET \(url): unexpected status \(status) \(StatusText.reason(status))",
            retry: isPassing ? .later : .never, status: status)
    }
}
