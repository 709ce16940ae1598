// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// One line of a journal. It may be outdated, so a run asks the store before it relies on a line.
enum JournalRecord: Equatable {
    /// A target repository has the blob.
    case blob(BlobPlace)
    /// An upload in pieces is open there, and has got this far.
    case upload(BlobPlace, UploadSession)
    /// The upload there is over.
    case uploadEnd(BlobPlace)
    /// An item arrived.
    case item(source: String, target: String, Digest)
    /// A registry mounts blobs, or does not.
    case mounts(StoreID, Bool)
    /// A choice of platforms gives this manifest. This cannot be outdated.
    case choice(IndexChoice, Digest)
}

extension JournalRecord {
    /// - Parameter time: seconds since 1970.
    func line(at time: Int64) -> String {
        var members: [JSON.Member] = [JSON.Member(key: "at", value: .number("\(time)"))]
        func add(_ key: String, _ value: JSON) { members.append(JSON.Member(key: key, value: value)) }
        switch self {
        case .blob(let place):
            add("is", .string("blob"))
            members += place.members
        case .upload(let place, let session):
            add("is", .string("upload"))
            members += place.members
            add("location", .string(session.location))
            add("acknowledged", .number("\(session.acknowledged)"))
            if let size = session.smallestPiece { add("smallest", .number("\(size)")) }
            if let size = session.largestPiece { add("largest", .number("\(size)")) }
        case .uploadEnd(let place):
            add("is", .string("end"))
            members += place.members
        case .item(let source, let target, let digest):
            add("is", .string("item"))
            add("source", .string(source))
            add("target", .string(target))
            add("digest", .string(digest.text))
        case .mounts(let store, let mounts):
            add("is", .string("registry"))
            add("store", .string(store.name))
            add("mounts", .bool(mounts))
        case .choice(let choice, let digest):
            add("is", .string("choice"))
            add("rule", .number("\(Self.choiceRule)"))
            add("index", .string(choice.index.text))
            add("platforms", .array(choice.platforms.platforms.map { .string($0.description) }))
            add("digest", .string(digest.text))
        }
        return JSON.object(members).text + "\n"
    }

    /// - Returns: nil for a line that is cut, damaged, or written by a later version. Such a line is skipped.
    static func read(_ line: some Collection<UInt8>) -> (record: JournalRecord, time: Int64)? {
        guard let json = try? JSON(Array(line)), let time = json["at"]?.integer, let record = Self(json) else {
            return nil
        }
        return (record, time)
    }

    /// Whether a line begins like a journal's line. It may be cut, or written by a later version.
    static func mayBegin(_ line: some Collection<UInt8>) -> Bool { line.starts(with: Array("{\"at\":".utf8)) }

    private init?(_ json: JSON) {
        switch json["is"]?.string {
        case "blob":
            guard let place = BlobPlace(json) else { return nil }
            self = .blob(place)
        case "upload":
            guard let place = BlobPlace(json), let session = UploadSession(json, place.repository) else { return nil }
            self = .upload(place, session)
        case "end":
            guard let place = BlobPlace(json) else { return nil }
            self = .uploadEnd(place)
        case "item":
            guard let source = json["source"]?.string, let target = json["target"]?.string,
                let digest = json["digest"]?.digest
            else { return nil }
            self = .item(source: source, target: target, digest)
        case "registry":
            guard let store = json["store"]?.string, let mounts = json["mounts"]?.bool else { return nil }
            self = .mounts(StoreID(named: store), mounts)
        case "choice":
            guard json["rule"]?.integer == Self.choiceRule,
                let index = json["index"]?.digest,
                let platforms = json["platforms"]?.array.flatMap(Self.platforms),
                let digest = json["digest"]?.digest
            else { return nil }
            self = .choice(IndexChoice(of: platforms, from: index), digest)
        default: return nil
        }
    }

    /// The rule by which platforms were chosen. A version of the program that chooses in another way has another number,
    /// and skips the lines of this one.
    private static let choiceRule: Int64 = 1

    private static func platforms(_ texts: [JSON]) -> PlatformChoice? {
        let platforms = texts.compactMap { $0.string.flatMap { try? Platform(parsing: $0) } }
        return platforms.count == texts.count ? PlatformChoice(platforms) : nil
    }
}

extension JSON {
    fileprivate var digest: Digest? { string.flatMap { try? Digest($0) } }
}

extension BlobPlace {
    fileprivate var members: [JSON.Member] {
        [
            JSON.Member(key: "store", value: .string(store.name)),
            JSON.Member(key: "repository", value: .string(repository.path)),
            JSON.Member(key: "digest", value: .string(digest.text)),
        ]
    }

    fileprivate init?(_ json: JSON) {
        guard let store = json["store"]?.string, let path = json["repository"]?.string,
            let repository = try? Repository(path), let digest = json["digest"]?.digest
        else { return nil }
        self.init(store: StoreID(named: store), repository: repository, digest: digest)
    }
}

extension UploadSession {
    fileprivate init?(_ json: JSON, _ repository: Repository) {
        guard let location = json["location"]?.string, let acknowledged = json["acknowledged"]?.integer,
            Descriptor.sizes.contains(acknowledged)
        else { return nil }
        self.init(location: location, repository: repository)
        self.acknowledged = acknowledged
        believe(smallestPiece: json["smallest"]?.integer, largestPiece: json["largest"]?.integer)
    }
}
