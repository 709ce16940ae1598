// SPDX-License-Identifier: Apache-2.0

/// Modules of Testcontainers that take the version of their image instead of an image
/// (github.com/testcontainers/testcontainers-java, the deprecated constructors with a `String`).
enum ModuleVersions {
    /// The image by the module's class.
    static let images = [
        "KafkaContainer": "confluentinc/cp-kafka", "LocalStackContainer": "localstack/localstack",
        "PulsarContainer": "apachepulsar/pulsar",
    ]

    /// Whether a text is a version and nothing else: `7.7.0`, `2.10.1-alpine`. No image has such a name.
    static func isVersion(_ text: TracedText) -> Bool {
        let text = text.string
        let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }
        return isPlain && text.first?.isNumber == true && text.contains(".")
    }
}
