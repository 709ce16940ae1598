// SPDX-License-Identifier: Apache-2.0

/// An authentication challenge (RFC 9110 §11.6.1) from a `WWW-Authenticate` header.
package struct Challenge: Hashable, Sendable {
    /// Lower case.
    package let scheme: String
    /// Names in lower case, values unquoted.
    package let parameters: [String: String]

    package init(scheme: String, parameters: [String: String] = [:]) {
        self.scheme = scheme
        self.parameters = parameters
    }

    package enum Kind: Sendable {
        case basic
        case bearer
    }

    /// nil for schemes that this program does not support.
    package var kind: Kind? { ["basic": .basic, "bearer": .bearer][scheme] }

    package var realm: String? { parameters["realm"] }
    package var service: String? { parameters["service"] }
    /// The scopes that the registry requires; empty if it names none.
    package var scopes: ScopeSet { ScopeSet(challenge: parameters["scope"] ?? "") }
}

extension Challenge {
    /// Every challenge of every header line, in order. Parsing of a line stops at its first invalid part.
    package static func parse(_ headers: [String]) -> [Challenge] {
        headers.flatMap { header in
            var parser = ChallengeParser(header)
            return parser.challenges()
        }
    }

    /// The challenges that this program can answer, the preferred one first (RFC 9110 §11.6.1: a client picks among them).
    ///
    /// A token service works with and without a login, so it comes first. Basic is used if the registry has nothing else,
    /// or its token service is invalid or cannot be reached.
    package static func answerable(in headers: [String]) -> [Challenge] {
        let known = parse(headers).filter { $0.kind != nil }
        let services = known.filter(\.namesTokenService)
        let others = known.filter { !$0.namesTokenService }
        let ordered = services + others.filter { $0.kind == .basic } + others.filter { $0.kind == .bearer }
        return Array(ordered.prefix(mostAnswerable))
    }

    /// The limit. Each challenge may cost a connection timeout. Registries send one or two.
    private static let mostAnswerable = 4

    private var namesTokenService: Bool {
        guard kind == .bearer, let realm else { return false }
        let scheme = realm.prefix { $0 != ":" && $0 != "/" }
        return ["http", "https"].contains(scheme.lowercased()) || realm.hasPrefix("/")
    }
}

/// Parses `Scheme name=value, name="value", Scheme …`. A comma separates both parameters and challenges, so the token after
/// it decides which of the two begins.
private struct ChallengeParser {
    private var rest: Substring.UnicodeScalarView

    /// Bytes. Longer headers are not parsed.
    private static let longestHeader = 16 << 10
    private static let mostChallenges = 16
    private static let mostParameters = 32

    init(_ header: String) {
        rest = Substring(header.unicodeScalars.prefix(Self.longestHeader)).unicodeScalars
    }

    mutating func challenges() -> [Challenge] {
        var found: [Challenge] = []
        skipSeparators()
        while found.count < Self.mostChallenges, let scheme = token() {
            found.append(Challenge(scheme: scheme.lowercased(), parameters: parameters()))
            skipSeparators()
        }
        return found
    }

    /// Up to the next scheme: a token that no equals sign follows.
    private mutating func parameters() -> [String: String] {
        var parameters: [String: String] = [:]
        while parameters.count < Self.mostParameters {
            let before = rest
            skipSeparators()
            guard let name = token(), skipEquals(), let value = value() else {
                rest = before
                break
            }
            parameters[name.lowercased()] = parameters[name.lowercased()] ?? value
        }
        skipUnreadable()
        return parameters
    }

    private mutating func value() -> String? {
        skipBlanks()
        return rest.first == "\"" ? quoted() : token()
    }

    private mutating func quoted() -> String? {
        rest.removeFirst()
        var text = ""
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return text
            case "\\": if let escaped = rest.popFirst() { text.unicodeScalars.append(escaped) }
            default: text.unicodeScalars.append(scalar)
            }
        }
        return nil
    }

    /// A token of RFC 9110 §5.6.2, plus colons and slashes, which unquoted realms contain.
    private mutating func token() -> String? {
        let token = rest.prefix { !" \t,=\"".unicodeScalars.contains($0) }
        rest = rest[token.endIndex...]
        return token.isEmpty ? nil : String(token)
    }

    private mutating func skipEquals() -> Bool {
        skipBlanks()
        guard rest.first == "=" else { return false }
        rest.removeFirst()
        return true
    }

    /// A `token68` (`Negotiate YII=…`) is not a parameter. Skips it up to the next comma.
    private mutating func skipUnreadable() {
        skipBlanks()
        guard let next = rest.first, next != ",", !startsScheme else { return }
        rest = rest[(rest.firstIndex(of: ",") ?? rest.endIndex)...]
    }

    private var startsScheme: Bool {
        var copy = self
        guard copy.token() != nil else { return false }
        copy.skipBlanks()
        return copy.rest.first.map { !"=,\"".unicodeScalars.contains($0) } ?? false
    }

    private mutating func skipSeparators() { rest = rest.drop { " \t,".unicodeScalars.contains($0) } }
    private mutating func skipBlanks() { rest = rest.drop { " \t".unicodeScalars.contains($0) } }
}
