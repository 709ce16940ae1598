// SPDX-License-Identifier: Apache-2.0

import OCI

/// The documents of an image, in the member order that the usual builders write.
enum ImageJSON {
    static func manifest(
        _ type: MediaType, config: Descriptor, layers: [Descriptor], artifactType: MediaType? = nil,
        subject: Descriptor? = nil
    ) -> JSON {
        object([
            ("schemaVersion", 2), ("mediaType", .string(type.essence)),
            ("artifactType", artifactType.map { .string($0.asReceived) }), ("config", descriptor(config)),
            ("layers", .array(layers.map(descriptor))), ("subject", subject.map(descriptor)),
        ])
    }

    static func index(_ type: MediaType, manifests: [Descriptor]) -> JSON {
        object([
            ("schemaVersion", 2), ("mediaType", .string(type.essence)),
            ("manifests", .array(manifests.map(descriptor))),
        ])
    }

    static func config(diffIDs: [Digest], platform: Platform, command: [String]) -> JSON {
        let history = diffIDs.map { _ in
            object([("created", .string(created)), ("created_by", "transship fixtures")])
        }
        return object([
            ("architecture", .string(platform.architecture)), ("variant", platform.variant.map { .string($0) }),
            ("os", .string(platform.os)), ("created", .string(created)),
            ("config", object([("Cmd", .array(command.map { .string($0) }))])),
            ("rootfs", object([("type", "layers"), ("diff_ids", .array(diffIDs.map { .string($0.text) }))])),
            ("history", .array(history)),
        ])
    }

    static func provenance(of subject: Descriptor) -> JSON {
        let digest = object([(subject.digest.algorithm.rawValue, .string(String(subject.digest.hex)))])
        return object([
            ("_type", "https://in-toto.io/Statement/v0.1"), ("predicateType", "https://slsa.dev/provenance/v0.2"),
            ("subject", .array([object([("name", "fixture"), ("digest", digest)])])),
            ("predicate", object([("buildType", "transship fixtures")])),
        ])
    }

    private static let created = "2026-01-01T00:00:00Z"

    private static func descriptor(_ value: Descriptor) -> JSON {
        let annotations = value.annotations.sorted { $0.key < $1.key }.map { ($0.key, Optional(JSON.string($0.value))) }
        return object([
            ("mediaType", .string(value.mediaType.asReceived)), ("digest", .string(value.digest.text)),
            ("size", JSON(value.size)), ("artifactType", value.artifactType.map { .string($0.asReceived) }),
            ("data", value.inlineContent.map { .string(Base64.encode($0)) }),
            ("urls", value.urls.isEmpty ? nil : .array(value.urls.map { .string($0) })),
            ("annotations", annotations.isEmpty ? nil : object(annotations)),
            ("platform", value.platform.map(platform)),
        ])
    }

    private static func platform(_ value: Platform) -> JSON {
        object([
            ("architecture", .string(value.architecture)), ("os", .string(value.os)),
            ("variant", value.variant.map { .string($0) }), ("os.version", value.osVersion.map { .string($0) }),
        ])
    }

    /// Members without a value are left out.
    private static func object(_ members: [(String, JSON?)]) -> JSON {
        .object(members.compactMap { key, value in value.map { JSON.Member(key: key, value: $0) } })
    }
}
