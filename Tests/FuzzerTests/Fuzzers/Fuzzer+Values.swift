// SPDX-License-Identifier: Apache-2.0

@testable import BatchList
@testable import Keychain
@testable import OCI
@testable import RegistryAuth

extension Fuzzer {
    /// What a registry, a user or a login file says, read to values.
    static let values: [Fuzzer] = [
        text("reference", readReference), text("digest", readDigest), Fuzzer("json", readJSON),
        Fuzzer("manifest", readManifest), text("challenge", readChallenge), Fuzzer("docker-config", readDockerConfig),
        text("redaction", redact),
    ]

    private static func readReference(_ text: String) throws {
        _ = try? Platform(parsing: text).description
        _ = MediaType(text).description
        _ = try? TargetPrefix(parsing: text).description
        for dialect in [Reference.Dialect.gcrane, .full] {
            let reference = try Reference(parsing: text, dialect: dialect)
            let again = try? Reference(parsing: reference.canonical, dialect: dialect)
            promise(
                again == reference, "\(reference.canonical.debugDescription) means what \(text.debugDescription) does")
            promiseShowable(reference.description)
            promiseShowable(reference.registry.description)
        }
    }

    private static func readDigest(_ text: String) throws {
        let digest = try Digest(text)
        promise(digest.text == text && digest.hex.utf8.count == digest.algorithm.hexLength, "a digest is its text")
        promise(digest.text.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "a digest is ASCII")
    }

    private static func readJSON(_ bytes: [UInt8]) throws {
        _ = TokenGrant(bytes)?.lifetime
        let document = try JSON(bytes)
        let text = document.text
        promiseShowable(text)
        guard let again = try? JSON(Array(text.utf8)) else { fatalError("broken promise: what was written is read") }
        // By bytes: Swift takes equivalent spellings of an accent for one string.
        promise(again.text.utf8.elementsEqual(text.utf8), "what was written means the same: \(text.debugDescription)")
        _ = document.double
    }

    private static func readManifest(_ bytes: [UInt8]) throws {
        let types: [MediaType?] = [nil, .ociIndex, .ociManifest, .dockerList, .dockerManifest, .dockerSchema1, "x/y"]
        for type in types {
            guard let manifest = try? Manifest(bytes, contentType: type) else { continue }
            for descriptor in manifest.children + manifest.blobs {
                promise(Descriptor.sizes.contains(descriptor.size), "a size in bounds")
            }
            _ = (manifest.children + manifest.blobs).saturatedSum(of: \.size)
            promiseShowable(manifest.mediaType.description)
        }
        _ = try ImageConfig(bytes)
        _ = try Manifest(bytes, contentType: nil)
    }

    private static func readChallenge(_ text: String) {
        let headers = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let challenges = Challenge.parse(headers)
        for challenge in challenges {
            _ = challenge.scopes
            promise(challenge.scheme == challenge.scheme.lowercased(), "a scheme in lower case")
        }
        promise(Challenge.answerable(in: headers).allSatisfy(challenges.contains), "each is one of those offered")
    }

    private static func readDockerConfig(_ bytes: [UInt8]) throws {
        let hosts = try ["docker.io", "registry.example:5000", "localhost"].map { try RegistryHost($0) }
        let repository = try Repository("team/app")
        let file = try DockerConfigFile(bytes)
        for host in hosts {
            promise(file.lookUp(host, repository) == file.lookUp(host, repository), "one answer to one question")
            var editor = try LoginFileEditor(bytes)
            editor.store(user: "u", Secret("p"), for: host)
            guard let edited = try? DockerConfigFile(Array(editor.text.utf8)) else {
                fatalError("broken promise: a login file can be read after a login")
            }
            if file.helperName(for: host) == nil, edited.helperName(for: host) == nil {
                let login = edited.lookUp(host, nil).login
                promise(
                    login == .stored(.basic(user: "u", password: Secret("p"))), "the login that was stored is found")
            }
            editor.erase(host)
            _ = try LoginFileEditor(Array(editor.text.utf8))
        }
    }

    private static func redact(_ text: String) {
        promiseShowable(text.displayable)
        promiseShowable(text.displayable(limit: 40))
        let once = text.withoutSecrets
        promise(once.withoutSecrets == once, "nothing is left to redact in \(once.debugDescription)")
        let secret = "c2VjcmV0LXNlY3JldA"
        let url = "https://host.example/v2/?X-Amz-Signature=\(secret)&token=\(secret)#" + text
        promise(!url.withoutSecrets.contains(secret), "no secret is left in \(url.debugDescription)")
    }
}
