// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

extension RegistryHandler {
    func tags(_ request: RegistryRequest, _ repository: Repository) async throws -> RegistryResponse {
        try request.allow(.GET, .HEAD)
        guard try await storage.exists(repository) else { throw RegistryError.nameUnknown(repository) }
        let page = try Page(try await storage.tags(in: repository), request)
        let text = JSON.object(["name": .string(repository.path), "tags": .array(page.names.map(JSON.string))]).text
        return .json(.ok, text, headers: page.link(to: "/v2/\(repository)/tags/list"))
    }

    /// Lists the repositories. This endpoint is not in the specification, but Docker's registry has it (distribution,
    /// docs/spec/api.md, "Listing Repositories").
    func catalog(_ request: RegistryRequest) async throws -> RegistryResponse {
        try request.allow(.GET, .HEAD)
        let page = try Page(try await storage.repositories(), request)
        let text = JSON.object(["repositories": .array(page.names.map(JSON.string))]).text
        return .json(.ok, text, headers: page.link(to: "/v2/_catalog"))
    }

    func referrers(
        _ request: RegistryRequest, _ repository: Repository, _ digestText: String
    ) async throws -> RegistryResponse {
        try request.allow(.GET, .HEAD)
        let subject = try Self.digest(digestText)
        var headers = HTTPHeaders()
        // A plus sign that was not encoded arrives as a blank. No media type contains a blank.
        let filter = request.query["artifactType"].map { String($0.map { $0 == " " ? "+" : $0 }) }
        if filter != nil { headers.add(name: "OCI-Filters-Applied", value: "artifactType") }
        let page = try await storage.referrers(
            of: subject, in: repository,
            filling: ReferrerPage(after: request.query["last"], artifactType: filter, upTo: limits.referrersPage))
        if !page.isLast, let last = page.entries.last?.digest {
            let keptFilter = filter.map { "artifactType=" + PercentEncoding.encode($0) + "&" } ?? ""
            headers.add(
                name: "Link", value: "</v2/\(repository)/referrers/\(subject)?\(keptFilter)last=\(last)>; rel=\"next\"")
        }
        let index = JSON.ociIndex(of: page.entries.map(\.descriptor))
        return .json(.ok, index.text, type: MediaType.ociIndex.essence, headers: headers)
    }
}

/// A part of a list of names in ASCII order, selected by `n` and `last`.
private struct Page {
    let names: ArraySlice<String>
    private let next: String?

    init(_ all: [String], _ request: RegistryRequest) throws {
        let start =
            request.query["last"].map { last in
                all.firstIndex { last.utf8.lexicographicallyPrecedes($0.utf8) } ?? all.endIndex
            } ?? 0
        let rest = all[start...]
        let count = try request.count("n") ?? rest.count
        let page = rest.prefix(count)
        names = page
        next = page.count < rest.count ? page.last.map { "n=\(count)&last=" + PercentEncoding.encode($0) } : nil
    }

    /// The `Link` header with the next page (RFC 8288); empty if there is none.
    func link(to path: String) -> HTTPHeaders {
        next.map { ["Link": "<\(path)?\($0)>; rel=\"next\""] } ?? [:]
    }
}
