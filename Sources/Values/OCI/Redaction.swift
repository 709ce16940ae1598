// SPDX-License-Identifier: Apache-2.0

/// Removes secrets from texts: signatures, tokens, passwords, sessions.
///
/// Every text from outside goes through here before it is printed: addresses, headers, bodies, messages.
package enum Redaction {
    /// The query values that describe the request. Every other value may be a signature or a session (go-containerregistry
    /// shows the same ones).
    private static let shownQueryNames: Set<Substring> = ["scope", "service", "mount", "from", "digest", "n", "last"]

    /// What a secret is replaced by.
    package static let mark = "REDACTED"

    /// A query, given without its question mark, with secret values replaced.
    package static func query(_ query: some StringProtocol) -> String {
        Substring(query).split(separator: "&", omittingEmptySubsequences: false).map(item).joined(separator: "&")
    }

    private static func item(_ item: Substring) -> String {
        if item.isEmpty { return "" }
        guard let equals = item.firstIndex(of: "=") else { return mark }
        let name = item[..<equals]
        return shownQueryNames.contains(name) ? String(item) : name + "=" + mark
    }

    /// Whether a header, a parameter or a member of a document with this name contains a secret.
    package static func isSecret(_ name: some StringProtocol) -> Bool {
        let bare = name.lowercased().filter { !"-_.".contains($0) }
        return secretNames.contains(bare) || secretParts.contains { bare.contains($0) }
    }

    /// Names in lower case, without dashes and underscores.
    private static let secretNames: Set<String> = [
        "token", "idtoken", "registrytoken", "xauthtoken", "jwt", "assertion", "auth", "xregistryauth",
        "xregistryconfig", "authorization", "proxyauthorization", "cookie", "cookie2", "setcookie", "setcookie2", "sig",
        "state", "hmac", "pwd", "pass",
    ]
    private static let secretParts = [
        "accesstoken", "refreshtoken", "identitytoken", "securitytoken", "sessiontoken", "bearertoken", "authtoken",
        "signature", "xamzcredential", "xgoogcredential", "password", "passwd", "secret", "apikey", "accesskey",
        "privatekey",
    ]
}

extension StringProtocol {
    /// This text without secrets: the values of queries, of names that stand for secrets, tokens, users of URLs.
    package var withoutSecrets: String {
        let text = String(self)
        // Many texts have nothing that could introduce a secret, and are shorter than one.
        guard text.utf8.count >= 24 || text.utf8.contains(where: { "=?@:%".utf8.contains($0) }) else { return text }
        return SecretScan.hidingAll(of: text)
    }
}

/// One pass over a text. It works on bytes, because it searches only for ASCII.
private struct SecretScan {
    private let bytes: [UInt8]
    private var position = 0
    private var result: [UInt8] = []
    /// Whether the word that is being passed is an address, whose query hides more.
    private var isInURL: Bool
    /// Up to here no query begins outside of an address: that was looked for once, and question marks may come by the thousand.
    private var queryless = 0

    /// What is hidden may have been what ended an address or a value, so the rest is read again, until nothing more is found.
    static func hidingAll(of text: String) -> String {
        var shown = text
        for _ in 0..<passLimit {
            var scan = SecretScan(shown)
            let next = scan.run()
            if next == shown { break }
            shown = next
        }
        return shown
    }

    /// Texts from outside need two or three passes. Texts that are made for it could need one for each of their bytes.
    private static let passLimit = 8

    private init(_ text: String) {
        bytes = Array(text.utf8)
        isInURL = bytes.first == 0x2F
    }

    mutating func run() -> String {
        while position < bytes.count {
            if isWordByte(bytes[position]) {
                passWord()
            } else if !passUser(), !passQuery() {
                passByte()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func passByte() {
        let byte = bytes[position]
        // A path after a blank or a quote is an address, too.
        if isDelimiter(byte) { isInURL = position + 1 < bytes.count && bytes[position + 1] == 0x2F }
        result.append(byte)
        position += 1
    }

    // MARK: Words, and the values they name

    private mutating func passWord() {
        let word = run(from: position, while: isWordByte)
        if isToken(word) { return hide(upTo: position + word.count) }
        result += word
        position += word.count
        let name = String(decoding: word, as: UTF8.self)
        if ["bearer", "basic"].contains(name.lowercased()) {
            passScheme(name.lowercased())
        } else if Redaction.isSecret(name) {
            passValue()
        }
    }

    /// `name=value`, `name: value`, `"name": "value"`, `<name>value</name>`.
    private mutating func passValue() {
        var next = position
        next = skip(next) { $0 == 0x22 || $0 == 0x27 || $0 == 0x5C }
        next = skip(next, while: isBlank)
        guard let sign = byte(at: next) else { return }
        if sign == 0x3E { return passElement(from: next + 1) }
        let isEquals = sign == 0x3D || isEncodedEquals(at: next)
        guard isEquals || sign == 0x3A else { return }
        next += sign == 0x25 ? 3 : 1
        next = skip(next, while: isBlank)
        let quotes = run(from: next) { $0 == 0x5C || $0 == 0x22 || $0 == 0x27 }
        let start = next + quotes.count
        let end = quotes.isEmpty ? endOfBare(from: start) : endOfQuoted(from: start, by: quotes)
        guard end > start, isEquals || !quotes.isEmpty || isMoreThanWord(bytes[start..<end]) else { return }
        result += bytes[position..<start]
        hide(upTo: end)
    }

    /// Prose has colons, too: `token: expired`. A secret is longer than a word, or a pair, an address, a user in one.
    private func isMoreThanWord(_ value: ArraySlice<UInt8>) -> Bool {
        value.count >= 16 || value.dropLast().contains { "=?#@".utf8.contains($0) }
    }

    /// `<name>value</name>`, as storage services answer. What closes an element has only blanks behind it.
    private mutating func passElement(from start: Int) {
        guard isElement else { return }
        let end = start + run(from: start) { $0 != 0x3C }.count
        guard bytes[start..<end].contains(where: { $0 > 0x20 }) else { return }
        result += bytes[position..<start]
        hide(upTo: end)
    }

    /// Whether the word that was passed last stands where the name of an element begins, perhaps behind a prefix.
    private var isElement: Bool { result.last { !isWordByte($0) }.map { $0 == 0x3C || $0 == 0x3A } ?? false }

    /// A document inside a string has its quotes escaped, and ends where the same quotes stand again.
    private func endOfQuoted(from start: Int, by quotes: ArraySlice<UInt8>) -> Int {
        let isEscaped = quotes.contains(0x5C)
        var end = start
        while end < bytes.count, !bytes[end...].starts(with: quotes) {
            end += !isEscaped && bytes[end] == 0x5C ? 2 : 1
        }
        return min(end, bytes.count)
    }

    /// The end of a value without quotes. The user of an address may contain what divides values.
    private func endOfBare(from start: Int) -> Int {
        let isAddress = bytes[start...].starts(with: "//".utf8)
        return start + run(from: start) { !isDelimiter($0) && (isAddress || !"&;,".utf8.contains($0)) }.count
    }

    /// `Bearer` and `Basic` before what proves somebody; before a parameter they only name a scheme.
    private mutating func passScheme(_ scheme: String) {
        let start = skip(position, while: isBlank)
        guard start > position else { return }
        let value = run(from: start) { isWordByte($0) || "+/~".utf8.contains($0) }
        let padding = run(from: start + value.count) { $0 == 0x3D }
        let end = start + value.count + padding.count
        guard padding.isEmpty || byte(at: end).map(isDelimiter) ?? true else { return }
        let text = String(decoding: value + padding, as: UTF8.self)
        let isSecret = scheme == "basic" ? Base64.decode(text)?.contains(0x3A) == true : value.count >= 20
        guard isSecret else { return }
        result += bytes[position..<start]
        hide(upTo: end)
    }

    /// A JSON Web Token says so itself: `eyJ` is base64 for `{"`.
    private func isToken(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 20 && word.starts(with: "eyJ".utf8) && word.contains(0x2E)
    }

    private mutating func hide(upTo end: Int) {
        result += Array(Redaction.mark.utf8)
        position = end
    }

    // MARK: Addresses

    /// `://user:password@`
    private mutating func passUser() -> Bool {
        guard bytes[position...].starts(with: "://".utf8) else { return false }
        isInURL = true
        result += bytes[position..<(position + 3)]
        position += 3
        let authority = run(from: position) { !isDelimiter($0) && !"/?#".utf8.contains($0) }
        if let at = authority.lastIndex(of: 0x40) { hide(upTo: at) }
        return true
    }

    /// From a question mark, or a number sign, to the end of the address.
    private mutating func passQuery() -> Bool {
        guard bytes[position] == 0x3F || bytes[position] == 0x23, isInURL || position >= queryless else { return false }
        let query = run(from: position + 1) { !isDelimiter($0) && $0 != 0x23 }
        queryless = query.contains(0x3D) ? position : position + 1 + query.count
        guard !query.isEmpty, query.contains(0x3D) || (isInURL && bytes[position] == 0x3F) else { return false }
        result.append(bytes[position])
        // As it stands in HTML, with its ampersands written out.
        let text = String(decoding: query, as: UTF8.self).split(separator: "&amp;", omittingEmptySubsequences: false)
        result += Array(text.map { Redaction.query($0) }.joined(separator: "&amp;").utf8)
        position += 1 + query.count
        return true
    }

    // MARK: Bytes

    private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private func run(from start: Int, while isMember: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        start < bytes.count ? bytes[start...].prefix(while: isMember) : []
    }

    private func skip(_ start: Int, while isMember: (UInt8) -> Bool) -> Int {
        start + run(from: start, while: isMember).count
    }

    private func isEncodedEquals(at index: Int) -> Bool {
        index + 3 <= bytes.count && String(decoding: bytes[index..<(index + 3)], as: UTF8.self).lowercased() == "%3d"
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_.".utf8.contains(byte)
    }

    /// What no value holds as it stands.
    private func isDelimiter(_ byte: UInt8) -> Bool { byte <= 0x20 || "\"'<>()[]{}`\\".utf8.contains(byte) }
}
