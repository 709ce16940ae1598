// SPDX-License-Identifier: Apache-2.0

package import OCI

/// An image's config that can be changed.
package struct ConfigDocument: Sendable {
    private var document: GoDocument

    /// The config of an empty image.
    package init() {
        document = GoDocument(.config)
        document["rootfs", "type"] = "layers"
    }

    /// - Throws: `DocumentProblem`.
    package init(_ bytes: [UInt8]) throws(DocumentProblem) {
        document = try GoDocument(bytes, as: .config, called: "config")
    }

    /// The config as it is written.
    package var bytes: [UInt8] { document.bytes }

    package var os: String { document["os"].string ?? "" }

    /// The image's platform as an index lists it; nil if the config names none.
    package var platform: JSON? {
        let names = ["architecture", "os", "os.version", "os.features", "variant"]
        let members = names.map { JSON.Member(key: $0, value: document[$0]) }
        let isEmpty = members.allSatisfy { $0.value.isNull || $0.value == "" || $0.value == .array([]) }
        return isEmpty ? nil : .object(members)
    }

    // MARK: - Changing

    /// Adds a layer on top, with an empty history entry.
    package mutating func append(diffID: Digest) {
        document["rootfs", "diff_ids"] = .array((document["rootfs", "diff_ids"].array ?? []) + [.string(diffID.text)])
        document["history"] = .array((document["history"].array ?? []) + [.object(["created": .string(GoTime.zero)])])
    }

    package mutating func set(labels: [String: String]) {
        document["config", "Labels"] = document["config", "Labels"].adding(labels)
    }

    /// Replaces existing variables in their place and appends new ones. For Windows the names of new variables are
    /// converted to capitals.
    ///
    /// - Throws: `DocumentProblem` if an entry of the config is not a variable.
    package mutating func set(variables: [(key: String, value: String)]) throws(DocumentProblem) {
        var fresh = Dictionary(variables.map { ($0.key, $0.value) }) { $1 }
        var lines: [String] = []
        for old in (document["config", "Env"].array ?? []).compactMap(\.string) {
            guard let sign = old.firstIndex(of: "=") else {
                throw DocumentProblem("invalid key value pair in config: \(old.displayable)")
            }
            let key = String(old[..<sign])
            lines.append(fresh.removeValue(forKey: key).map { "\(key)=\($0)" } ?? old)
        }
        for (key, value) in variables where fresh[key] != nil {
            lines.append((os == "windows" ? key.uppercased() : key) + "=" + value)
        }
        document["config", "Env"] = .array(lines.map { .string($0) })
    }

    /// Sets the entrypoint and removes the command, as Docker does.
    package mutating func set(entrypoint: [String]) {
        document["config", "Entrypoint"] = .array(entrypoint.map { .string($0) })
        document["config", "Cmd"] = .null
    }

    package mutating func set(command: [String]) {
        document["config", "Cmd"] = .array(command.map { .string($0) })
    }

    package mutating func set(user: String) { document["config", "User"] = .string(user) }

    package mutating func set(workingFolder: String) { document["config", "WorkingDir"] = .string(workingFolder) }

    package mutating func set(ports: [String]) {
        let names = Set(ports).sorted()
        document["config", "ExposedPorts"] = .object(names.map { JSON.Member(key: $0, value: .object([])) })
    }

    package mutating func set(platform: Platform) {
        document["os"] = .string(platform.os)
        document["architecture"] = .string(platform.architecture)
        document["variant"] = .string(platform.variant ?? "")
        document["os.version"] = .string(platform.osVersion ?? "")
    }
}

/// Why a document cannot be changed.
package struct DocumentProblem: Error, CustomStringConvertible {
    package let description: String
    init(_ text: String) { description = text }
}

extension GoDocument {
    /// - Parameter name: the document's name in error messages.
    init(_ bytes: [UInt8], as type: GoType, called name: String) throws(DocumentProblem) {
        let json: JSON
        do throws(JSONError) { json = try JSON(bytes) } catch { throw DocumentProblem("the \(name) is \(error)") }
        do throws(GoTypeError) { try self.init(json, as: type) } catch {
            let place = error.path.isEmpty ? "" : "\(error.path.displayable(limit: 200)): "
            throw DocumentProblem("the \(name) cannot be read: \(place)\(error.reason)")
        }
    }
}

extension JSON {
    /// The object with these members added. They replace members of the same name.
    func adding(_ texts: [String: String]) -> JSON {
        let kept = (members ?? []).filter { texts[$0.key] == nil }
        return .object(kept + texts.map { Member(key: $0.key, value: .string($0.value)) })
    }
}
