// SPDX-License-Identifier: Apache-2.0

import Content

@testable import ImageAssembly
@testable import Keychain
@testable import OCI
@testable import RegistryAuth

extension Fuzzer {
    /// Documents of images that are changed, and what Google's tools and services say of logins.
    static let documents: [Fuzzer] = [
        Fuzzer("image-documents", changeDocuments), Fuzzer("google-credentials", readGoogle),
    ]

    // MARK: Images

    private static func changeDocuments(_ bytes: [UInt8]) {
        change(bytes) { bytes throws(DocumentProblem) in
            var config = try ConfigDocument(bytes)
            promiseSame(config.bytes) { bytes throws(DocumentProblem) in try ConfigDocument(bytes).bytes }
            config.append(diffID: ContentHash.digest(of: bytes))
            config.set(labels: ["k": "v"])
            config.set(entrypoint: ["a"])
            config.set(ports: ["80"])
            _ = config.platform
            try config.set(variables: [("X", "y"), ("PATH", "/")])
            return config.bytes
        }
        change(bytes) { bytes throws(DocumentProblem) in
            var manifest = try ManifestDocument(bytes)
            promiseSame(manifest.bytes) { bytes throws(DocumentProblem) in try ManifestDocument(bytes).bytes }
            manifest.set(config: bytes)
            manifest.append(layer(bytes))
            manifest.set(annotations: ["k": "v"])
            return manifest.bytes
        }
        change(bytes) { bytes throws(DocumentProblem) in
            var index = try IndexDocument(bytes)
            promiseSame(index.bytes) { bytes throws(DocumentProblem) in try IndexDocument(bytes).bytes }
            for entry in index.entries { _ = (entry.digest, entry.mediaType) }
            index.entries.last.map { index.append($0) }
            return index.bytes
        }
    }

    private static func layer(_ bytes: [UInt8]) -> Descriptor {
        Descriptor(mediaType: .ociGzipLayer, digest: ContentHash.digest(of: bytes), size: Int64(bytes.count))
    }

    /// What comes of a change is JSON.
    private static func change(_ bytes: [UInt8], _ body: ([UInt8]) throws(DocumentProblem) -> [UInt8]) {
        do throws(DocumentProblem) {
            let changed = try body(bytes)
            promise((try? JSON(changed)) != nil, "a document that is JSON: \(shown(changed))")
        } catch { promiseShowable(error.description) }
    }

    /// Nothing changes where nothing is changed: the digest would be another each time. A document without a digest where
    /// one belongs cannot be read again, here and in Go.
    private static func promiseSame(_ bytes: [UInt8], _ again: ([UInt8]) throws(DocumentProblem) -> [UInt8]) {
        do throws(DocumentProblem) {
            let second = try again(bytes)
            promise(second == bytes, "what was written is written so again: \(shown(bytes)), \(shown(second))")
        } catch {
            promise(shown(bytes).contains(#""digest":"""#), "what was written is read: \(error)")
        }
    }

    private static func shown(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Google

    private static let now: Int64 = 1_700_000_000

    private static func readGoogle(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        if let time = CalendarTime(rfc3339: text) {
            // From the year 0 to the last of four digits, in whatever zone.
            promise((-62_168_000_000...253_403_000_000).contains(time.seconds), "a time of four digits of years")
        }
        do throws(CredentialError) { _ = try GoogleWire.token(bytes, from: text) } catch {
            promiseShowable(error.description)
        }
        let credentials = try GoogleCredentials(bytes)
        promiseShowable(credentials.owner)
        if case .serviceAccount(let key) = credentials {
            _ = try ServiceAccountAssertion(key, audience: "https://oauth2.example/token", now: now).signed()
        }
    }
}
