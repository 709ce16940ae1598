// SPDX-License-Identifier: Apache-2.0

import Foundation
import TransshipKit

// The code of the pages about copies, and of README.md. It is compiled, and not run: it names registries out there.

func landingPage(secret: String) async throws {
    let results = try await withTransship(credentials: .fixed(["registry.example": .password(secret, user: "ci")])) {
        transship in
        let source = try ImageReference("redis:7")
        let item = try CopyItem(from: source, to: source.moved(below: "registry.example/mirror"))
        return await transship.copy([item])
    }
    print(results[0].outcome)  // copied(sha256:…)
}

func readme(secret: String) async throws {
    let results = try await withTransship(credentials: .fixed(["registry.example": .password(secret, user: "ci")])) {
        transship in
        let source = try ImageReference("redis:7")
        let item = try CopyItem(from: source, to: source.moved(below: "registry.example/mirror"))
        return await transship.copy([item]) { events in
            for await event in events { print(event) }
        }
    }
    print(results)
}

func copyOneImage() async throws {
    let item = try CopyItem(
        from: ImageReference("ghcr.io/acme/web:1.0"), to: ImageReference("registry.example/mirror/web:1.0"))

    let variables = ProcessInfo.processInfo.environment
    let result = try await withTransship(credentials: .ofThisMachine(variables: variables)) { transship in
        await transship.copy([item])[0]
    }

    switch result.outcome {
    case .copied(let digest): print("copied", digest, result.blobs.bytesSent, "bytes")
    case .unchanged(let digest): print("was there", digest)
    case .kept(let digest, _): print("left alone", digest)
    case .failed(let error): print(error, error.hint ?? "")
    }

    let arm = try CopyItem(from: item.source, to: item.target, platform: Platform("linux/arm64"))

    if case .copied(let digest) = result.outcome { print(item.target.pinned(to: digest)) }
    print(arm)
}

func copyTenThousand(names: [String], with transship: Transship) async throws {
    let items = try names.map { name in
        let source = try ImageReference(name)
        return try CopyItem(from: source, to: source.moved(below: "registry.example/mirror"))
    }

    var options = CopyOptions()
    options.jobs = 64
    options.bytesPerSecond = 200 << 20

    var failed: [CopyItem] = []
    let results = await transship.copy(items, options: options) { events in
        for await event in events {
            switch event {
            case .itemFinished(let result) where result.error != nil: failed.append(result.item)
            case .paused(let registry, let length): print(registry, "pauses for", length)
            default: break
            }
        }
    }
    print(results.count, "images,", failed.count, "of them failed")

    let plan = await transship.plan(items)
    for store in plan.stores { print(store.name, store.requests, "requests,", store.pulls, "of them count as pulls") }

    let broken = await transship.verify(items).filter { $0.status != .whole }

    options.existing = .proven
    let repaired = await transship.copy(broken.map { items[$0.position] }, options: options)
    print(repaired)
}
