// SPDX-License-Identifier: Apache-2.0

// The documents of an image as go-containerregistry declares them: field names, their order, and which fields are
// written although they are empty.

extension GoType {
    private static let strings = GoType.list(.string)
    private static let stringMap = GoType.map(.string)
    /// A set of names: each name has an empty object.
    private static let names = GoType.map(.object([]))

    /// An image's config (pkg/v1/config.go).
    static let config = GoType.object(configFields)

    private static let configFields = [
        GoField("architecture", .string, keptEmpty: true), GoField("author", .string), GoField("container", .string),
        GoField("created", .time), GoField("docker_version", .string), GoField("history", .list(history)),
        GoField("os", .string, keptEmpty: true), GoField("rootfs", rootFS), GoField("config", run),
        GoField("os.version", .string), GoField("variant", .string), GoField("os.features", strings),
    ]

    /// A layer as Docker described it before images had manifests (pkg/legacy/config.go).
    static let legacyLayer = GoType.object(
        configFields + [
            GoField("container_config", run), GoField("id", .string), GoField("parent", .string),
            GoField("throwaway", .bool), GoField("comment", .string),
        ])

    /// The history entry of a layer.
    static let history = GoType.object([
        GoField("author", .string), GoField("created", .time), GoField("created_by", .string),
        GoField("comment", .string), GoField("empty_layer", .bool),
    ])

    private static let rootFS = GoType.object([
        GoField("type", .string, keptEmpty: true), GoField("diff_ids", .list(.digest), keptEmpty: true),
    ])

    /// How to run a container of the image.
    private static let run = GoType.object([
        GoField("AttachStderr", .bool), GoField("AttachStdin", .bool), GoField("AttachStdout", .bool),
        GoField("Cmd", strings), GoField("Healthcheck", .optional(healthcheck)), GoField("Domainname", .string),
        GoField("Entrypoint", strings), GoField("Env", strings), GoField("Hostname", .string),
        GoField("Image", .string), GoField("Labels", stringMap), GoField("OnBuild", strings),
        GoField("OpenStdin", .bool), GoField("StdinOnce", .bool), GoField("Tty", .bool), GoField("User", .string),
        GoField("Volumes", names), GoField("WorkingDir", .string), GoField("ExposedPorts", names),
        GoField("ArgsEscaped", .bool), GoField("NetworkDisabled", .bool), GoField("MacAddress", .string),
        GoField("StopSignal", .string), GoField("Shell", strings),
    ])

    private static let healthcheck = [
        GoField("Test", strings), GoField("Interval", .int), GoField("Timeout", .int), GoField("StartPeriod", .int),
        GoField("Retries", .int),
    ]

    /// An image's manifest (pkg/v1/manifest.go).
    static let manifest = GoType.object([
        GoField("schemaVersion", .int, keptEmpty: true), GoField("mediaType", .string),
        GoField("config", .object(descriptor), keptEmpty: true),
        GoField("layers", .list(.object(descriptor)), keptEmpty: true), GoField("annotations", stringMap),
        GoField("subject", .optional(descriptor)), GoField("artifactType", .string),
    ])

    static let index = GoType.object([
        GoField("schemaVersion", .int, keptEmpty: true), GoField("mediaType", .string),
        GoField("manifests", .list(.object(descriptor)), keptEmpty: true), GoField("annotations", stringMap),
        GoField("subject", .optional(descriptor)), GoField("artifactType", .string),
    ])

    static let descriptor = [
        GoField("mediaType", .string, keptEmpty: true), GoField("size", .int, keptEmpty: true),
        GoField("digest", .digest, keptEmpty: true), GoField("data", .bytes), GoField("urls", strings),
        GoField("annotations", stringMap), GoField("platform", .optional(platform)), GoField("artifactType", .string),
    ]

    static let platform = [
        GoField("architecture", .string, keptEmpty: true), GoField("os", .string, keptEmpty: true),
        GoField("os.version", .string), GoField("os.features", strings), GoField("variant", .string),
        GoField("features", strings),
    ]
}
