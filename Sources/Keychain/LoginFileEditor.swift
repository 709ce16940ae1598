package import OCI
package import RegistryAuth

/// Changes a login in a login file and leaves everything else in it as it was, in its order.
package struct LoginFileEditor: Sendable {
    private var members: [JSON.Member]

    /// - Parameter bytes: the file; nil or blank where there is none yet.
    package init(_ bytes: [UInt8]?) throws(CredentialError) {
        guard let bytes, !bytes.allSatisfy({ $0 == 0x20 || (9...13).contains($0) }) else {
            members = []
            return
        }
        do {
            guard let members = try JSON(bytes).members else { throw CredentialError("not a JSON object") }
            self.members = members
        } catch let error as CredentialError {
            throw error
        } catch {
            throw CredentialError("\(error)")
        }
    }

    /// Writes a login down. Whatever the entry held before is gone: it was another login.
    package mutating func store(user: String, _ password: Secret, for host: RegistryHost) {
        let text = Base64.encode(Array("\(user):\(password.reveal())".utf8))
        set(.object(["auth": .string(text)]), for: host)
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
        let position = members.firstIndex { $0.key.lowercased() == "auths" }
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
        let names = host.isDockerHub ? ["index.docker.io", "docker.io", "registry-1.docker.io"] : [host.name]
        return Set(
            names.flatMap { name in
                [name, name + "/"]
                    + ["https://", "http://"].flatMap { scheme in
                        ["", "/", "/v1/", "/v2/"].map { scheme + name + $0 }
                    }
            })
    }

    /// The file, indented by tabs as Docker writes it.
    package var text: String { Self.indented(.object(members), "") }

    private static func indented(_ value: JSON, _ margin: String) -> String {
        let inner = margin + "\t"
        switch value {
        case .object(let members) where !members.isEmpty:
            let lines = members.map { "\(inner)\(JSON.string($0.key).text): \(indented($0.value, inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + indented($0, inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(margin)]"
        default: return value.text
        }
    }
}
