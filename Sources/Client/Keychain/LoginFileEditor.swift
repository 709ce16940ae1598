// SPDX-License-Identifier: Apache-2.0

package import OCI
package import RegistryAuth

/// Changes a login in a login file, and keeps everything else in its order. Parts that Docker's reader ignores (repeated
/// keys, and text after the document) are not written again.
package struct LoginFileEditor: Sendable {
    private var members: [JSON.Member]

    /// - Parameter bytes: the file's bytes; nil or blank if there is no file yet.
    package init(_ bytes: [UInt8]?) throws(CredentialError) {
        guard let bytes, !bytes.allSatisfy({ $0 == 0x20 || (9...13).contains($0) }) else {
            members = []
            return
        }
        do {
            guard let members = try JSON(bytes, allowing: .goDecoder).members else {
                throw CredentialError("not a JSON object")
            }
            self.members = members.settled(merging: true)
        } catch let error as CredentialError {
            throw error
        } catch {
            throw CredentialError("\(error)")
        }
    }

    /// Stores a login. It replaces the whole entry, because that was another login.
    package mutating func store(user: String, _ password: Secret, for host: RegistryHost) {
        set(.object(["auth": .string(password.encoded(after: user))]), for: host)
    }

    /// Notes that a helper keeps a login for the host.
    package mutating func noteHelper(for host: RegistryHost) { set(.object([:]), for: host) }

    /// Removes the host's login in every spelling.
    package mutating func erase(_ host: RegistryHost) {
        let keys = Self.spellings(of: host)
        change { logins in logins.removeAll { keys.contains($0.key) } }
    }

    private mutating func set(_ entry: JSON, for host: RegistryHost) {
        let key = DockerConfigFile.key(of: host)
        change { logins in
            if let position = logins.firstIndex(where: { $0.key == key }) {
                logins[position].value = entry
            } else {
                logins.append(.init(key: key, value: entry))
            }
        }
    }

    private mutating func change(_ change: (inout [JSON.Member]) -> Void) {
        // Case is ignored, because Docker's reader treats such keys as one.
        let position = members.lastIndex { $0.key.foldedAsGoDoes == "auths" }
        var logins = position.flatMap { members[$0].value.members } ?? []
        let before = logins
        change(&logins)
        guard logins != before else { return }
        if let position {
            members[position].value = .object(logins)
        } else {
            members.append(.init(key: "auths", value: .object(logins)))
        }
    }

    private static func spellings(of host: RegistryHost) -> Set<String> {
        Set(
            host.names.flatMap { name in
                [name, name + "/"]
                    + ["https://", "http://"].flatMap { scheme in
                        ["", "/", "/v1/", "/v2/"].map { scheme + name + $0 }
                    }
            })
    }

    /// The file, indented by tabs as Docker writes it.
    package var text: String { String(decoding: JSON.object(members).goBytes(indentedBy: "\t"), as: UTF8.self) }
}

extension [JSON.Member] {
    /// Each key once, as in Go's decoder: a later value replaces an earlier one.
    ///
    /// - Parameter merging: true if the entries of later objects are merged into earlier ones, as for the maps of a login
    ///   file.
    fileprivate func settled(merging: Bool) -> [JSON.Member] {
        reduce(into: []) { settled, member in
            let value = member.value.settled
            guard let position = settled.firstIndex(where: { $0.key == member.key }) else {
                return settled.append(.init(key: member.key, value: value))
            }
            let before = settled[position].value
            if merging, let old = before.members, let new = value.members {
                settled[position].value = .object((old + new).settled(merging: false))
            } else if before.members != nil || !value.isNull {
                settled[position].value = value
            }
        }
    }
}

extension JSON {
    fileprivate var settled: JSON { members.map { .object($0.settled(merging: false)) } ?? self }
}
