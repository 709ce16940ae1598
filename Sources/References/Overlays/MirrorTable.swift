// SPDX-License-Identifier: Apache-2.0

import OCI
import Rewriting
import Scanning

/// The places of copies by source registry.
///
/// Container runtimes put a mirror's place before the path that an image has at its registry. They ask for
/// `docker.io/library/nginx` as `MIRROR/library/nginx`, with the same tag.
struct MirrorTable {
    struct Use {
        let source: OverlaySource
        let finding: Finding
        let reference: Reference
        let target: Reference

        /// The place of a mirror, if the registry's path follows it.
        var place: String? {
            let (old, new) = (reference.repository.path, target.repository.path)
            if old == new { return target.registry.name }
            guard new.hasSuffix("/" + old) else { return nil }
            return target.registry.name + "/" + new.dropLast(old.count + 1)
        }

        /// The place that is left without the common end of both paths.
        var nearestPlace: String {
            var old = reference.repository.path.split(separator: "/")
            var new = target.repository.path.split(separator: "/")
            while let last = old.last, last == new.last {
                old.removeLast()
                new.removeLast()
            }
            return ([target.registry.name] + new.map(String.init)).joined(separator: "/")
        }
    }

    /// The mirror that one source registry needs.
    struct Registry {
        /// As people write it: `docker.io`.
        let name: String
        /// `HOST[:PORT][/PATH]`.
        let place: String
        let uses: [Use]

        /// The images whose copies are not where a runtime searches for them.
        var elsewhere: [Use] { uses.filter { $0.place != place } }
    }

    private(set) var registries: [Registry] = []
    private(set) var overlay = Overlay()

    init(_ sources: [OverlaySource], _ decide: (Finding) -> RewriteDecision) {
        var uses: [String: [Use]] = [:]
        var seen: Set<Reference> = []
        for source in sources {
            for finding in source.findings {
                guard let use = use(of: finding, in: source, decide(finding)), seen.insert(use.reference).inserted
                else {
                    continue
                }
                uses[ImageName.registryName(of: use.reference), default: []].append(use)
            }
        }
        registries = uses.keys.sorted().map { name in
            Registry(name: name, place: Self.place(uses[name] ?? []), uses: uses[name] ?? [])
        }
    }

    private mutating func use(of finding: Finding, in source: OverlaySource, _ decision: RewriteDecision) -> Use? {
        guard case .replace(let target) = decision, let reference = finding.reference else {
            if case .refuse(let reason) = decision { overlay.leaveOut(finding, of: source, reason) }
            return nil
        }
        guard reference.digest != nil || reference.tag == target.tag else {
            overlay.leaveOut(finding, of: source, "its copy has another tag: a mirror is asked for the same")
            return nil
        }
        return Use(source: source, finding: finding, reference: reference, target: target)
    }

    /// The place that most images have in common.
    private static func place(_ uses: [Use]) -> String {
        let exact = uses.compactMap(\.place)
        var counts: [String: Int] = [:]
        for place in exact.isEmpty ? uses.map(\.nearestPlace) : exact { counts[place, default: 0] += 1 }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
    }

    /// Runtimes use plain HTTP by default only for the loopback address.
    static func isLoopback(_ place: String) -> Bool {
        let host = place.prefix { $0 != "/" }
        let name = host.hasPrefix("[") ? host[...] : host.prefix { $0 != ":" }
        return name == "localhost" || name.hasPrefix("127.") || name.hasPrefix("[::1]")
    }
}

// MARK: - containerd

extension MirrorTable {
    /// `HOST/hosts.toml` for each registry. containerd supports a mirror only for a whole registry.
    var containerdHosts: Overlay {
        var result = overlay
        for registry in registries {
            result.files.append(OverlayFile(path: registry.name + "/hosts.toml", text: Self.hosts(registry)))
            for use in registry.elsewhere {
                let path = use.reference.repository.path + (use.target.tag.map { ":" + $0.name } ?? "")
                result.leaveOut(
                    use.finding, of: use.source,
                    "containerd asks for \(registry.place)/\(path), its copy is \(use.target): copy it there, too")
            }
        }
        return result
    }

    private static func hosts(_ registry: Registry) -> String {
        let server = registry.name == "docker.io" ? "registry-1.docker.io" : registry.name
        let parts = registry.place.split(separator: "/", maxSplits: 1)
        let url = "\(scheme(registry.place))://\(parts[0])/v2" + (parts.count > 1 ? "/" + parts[1] : "")
        return """
            \(OverlayFile.mark) containerd-hosts, for the folder that config_path names.
            server = \("\(scheme(registry.name))://\(server)".quoted)

            [host.\(url.quoted)]
              capabilities = ["pull", "resolve"]
              override_path = true

            """
    }

    private static func scheme(_ place: String) -> String { isLoopback(place) ? "http" : "https" }
}

// MARK: - Podman, CRI-O, skopeo

extension MirrorTable {
    /// One file: a mirror for each registry, and for each repository whose copy is not at the place that the mirror
    /// implies.
    var registriesConf: Overlay {
        var result = overlay
        guard !registries.isEmpty else { return result }
        var text = "\(OverlayFile.mark) registries.conf, for /etc/containers/registries.conf.d.\n"
        for registry in registries {
            text += Self.entry(registry.name, registry.place)
            var places: [String: String] = [:]
            for use in registry.elsewhere {
                let name = registry.name + "/" + use.reference.repository.path
                let place = use.target.repositoryName
                if let other = places[name] {
                    guard other != place else { continue }
                    result.leaveOut(use.finding, of: use.source, "\(name) has copies in several repositories")
                } else {
                    places[name] = place
                    text += Self.entry(name, place)
                }
            }
        }
        result.files = [OverlayFile(path: "registries.conf", text: text)]
        return result
    }

    private static func entry(_ name: String, _ place: String) -> String {
        """

        [[registry]]
        prefix = \(name.quoted)
        location = \(name.quoted)

        [[registry.mirror]]
        location = \(place.quoted)

        """ + (isLoopback(place) ? "insecure = true\n" : "")
    }
}
