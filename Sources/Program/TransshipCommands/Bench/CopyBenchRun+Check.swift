// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Content
import ImageFixtures
import OCI
import TransferEngine

extension CopyBenchRun {
    /// Checks that every image is at the target with everything that was to be copied, whatever tool copied it.
    func check(_ items: [TransferItem], _ sample: inout CopySample) async throws {
        let connections = try Connections(choices, context, connections: connections)
        let faults = try await connections.closing {
            var faults: [String] = []
            for (image, item) in zip(images, items) {
                let store = connections.stores.source(item.target.store)
                if let fault = await fault(of: image, at: item.target, in: store) { faults.append(fault) }
            }
            return faults
        }
        sample.failed = faults.count
        sample.firstFailure = sample.firstFailure ?? faults.first
    }

    /// What is wrong with an image at the target.
    private func fault(
        of image: FixtureImage, at target: TransferEndpoint, in store: any ContentSource
    ) async -> String? {
        guard let tag = target.tag else { return nil }
        let (name, wanted) = ("\(target.store.name)/\(target.repository)", image.graph.manifest.digest)
        do throws(ContentFailure) {
            guard let found = try await store.summary(of: .tag(tag), in: target.repository) else {
                return "\(name):\(tag): the target has no such tag"
            }
            guard found.digest == wanted else {
                return "\(name):\(tag): the tag names \(found.digest) at the target, not \(wanted)"
            }
            for referrer in (copiesReferrers ? image.referrers : []).map(\.manifest.digest) {
                guard try await store.summary(of: .digest(referrer), in: target.repository) != nil else {
                    return "\(name)@\(referrer): it refers to \(tag), and is not at the target"
                }
            }
            return nil
        } catch { return "\(name):\(tag): \(error.message)" }
    }
}
