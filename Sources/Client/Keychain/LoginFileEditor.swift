// SPDX-License-Identifier: Apache-2.0

package import OCI
package import RegistryAuth

/// Changes a login in a login file and leaves everything else in it as it was, in its order. What Docker's reader passes over,
/// repeated keys and what follows the document, is not written again.
package struct LoginFileEditor: Sendable {
    private var members: [JSON.Member]

    /// - Parameter bytes: the file; nil or blank where there is none yet.
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

    /// Writes a login down. Whatever the entry held before is gone: it was another login.
    package mutating func store(user: String, _ password: Secret, for host: RegistryHost) {
        set(.object(["auth": .string(password.encoded(after: user))]), for: host)
    }

    /// Notes that there is a login, and that a helper keeps it.
    package mutating func noteHelper(for host: RegistryHost) { set(.object([:]), for: host) }

    /// Takes every spelling of the host's login out.
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
        // In whatever case: two of them would be one to Docker's reader.
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
    /// Each key once, as Go's decoder leaves them: a later value takes the place of an earlier one.
    ///
    /// - Parameter merging: objects take in the entries of later ones, as the maps of a login file do.
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
