// SPDX-License-Identifier: Apache-2.0

import OCI

/// Decides whether names and texts in programs and settings mean images. Formats with a fixed place for an image do not
/// need this. Programs and settings only have names.
enum ImageText {
    /// `IMAGE`, `REDIS_IMAGE`, `redisImage`, `redis-image`, `RELATED_IMAGE_REDIS`: names of settings that hold one
    /// image.
    static func isImageName(_ name: some StringProtocol) -> Bool {
        let bytes = name.utf8
        if isText(bytes.prefix(14), "related_image_") { return true }
        guard endsInImage(name) else { return false }
        guard let last = bytes.dropLast(5).last else { return true }
        // `redisImage`, but not `scrimage`.
        return "_-.".utf8.contains(last) || bytes.suffix(5).elementsEqual("Image".utf8)
    }

    /// Whether a name ends in "image", in letters of any case.
    static func endsInImage(_ name: some StringProtocol) -> Bool { endsInImage(bytes: name.utf8) }

    static func endsInImage(bytes: some Collection<UInt8>) -> Bool { isText(bytes.suffix(5), "image") }

    /// `GOBUILDIMAGE`: in capitals the last word cannot be separated, so the value of such a name has to look like an
    /// image.
    static func isCapitalName(_ name: some StringProtocol) -> Bool {
        let bytes = name.utf8
        return bytes.suffix(5).elementsEqual("IMAGE".utf8)
            && bytes.allSatisfy { $0 &- 65 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "_") }
    }

    /// Whether a name contains "image". Other names need not be checked.
    static func mentionsImage(_ name: some StringProtocol) -> Bool { mentionsImage(bytes: name.utf8) }

    static func mentionsImage(bytes: some Sequence<UInt8>) -> Bool {
        var matched = 0
        for byte in bytes {
            // Only the first letter of the word can begin the word again.
            matched = byte | 32 == Self.word[matched] ? matched + 1 : byte | 32 == Self.word[0] ? 1 : 0
            if matched == Self.word.count { return true }
        }
        return false
    }

    private static let word = Array("image".utf8)

    /// - Parameter text: lower-case letters and punctuation.
    private static func isText(_ bytes: some Collection<UInt8>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { wanted in
            bytes.count == wanted.count
                && bytes.elementsEqual(wanted) { $0 == $1 || $0 &+ 32 == $1 && $1 &- 97 < 26 }
        }
    }

    /// As `isImageName`, for names of settings that hold several images: `BROKER_IMAGES`.
    static func isImageListName(_ name: some StringProtocol) -> Bool {
        guard let last = name.last, "sS".contains(last) else { return false }
        return isImageName(name.dropLast()) || isCapitalName(name.dropLast())
    }

    /// Whether a part of a name is "image", also at the front or in the middle: `IMAGE_vault_amd64`,
    /// `KIND_IMAGE_K8S_133`. Such a setting may also hold a policy or a folder.
    static func mayHoldImage(_ name: some StringProtocol) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.firstIndex(where: { $0 | 32 == UInt8(ascii: "i") }) else { return false }
        let isPart = bytes[first...].split { "_-.".utf8.contains($0) }.contains { part in
            isText(part, "image")
        }
        return isPart || isImageName(name) || isCapitalName(name)
    }

    /// The reference that a setting holds. If the name ends in "IMAGE" in capitals without a separator, the value needs
    /// a tag, a digest or a host. If "image" is only another part of the name, the value needs a host and a tag or
    /// digest.
    static func reference(of text: String, namedBy name: some StringProtocol) -> Reference? {
        guard mayHoldImage(name), let reference = reference(ofSetting: text) else { return nil }
        if isImageName(name) { return reference }
        let isImage = isCapitalName(name) ? isListed(text) : hasHostAndVersion(text)
        return isImage ? reference : nil
    }

    /// Whether a text is an image, judged by the name of the setting, which may hold one image or several.
    static func isImage(_ text: String, namedBy name: some StringProtocol) -> Bool {
        isImageListName(name) ? isListed(text) : reference(of: text, namedBy: name) != nil
    }

    /// Whether the part before the first slash can only be a host: with a dot or a port.
    static func hasHost(_ text: some StringProtocol) -> Bool {
        let host = text.prefix { $0 != "/" }
        return host.endIndex < text.endIndex && host.contains { $0 == "." || $0 == ":" }
    }

    static func hasHostAndVersion(_ text: String) -> Bool {
        let bounds = ReferenceBounds(Array(text.utf8))
        guard bounds.hasVersion, let slash = text.firstIndex(of: "/") else { return false }
        let head = text[..<slash]
        return head == "localhost" || head.contains { $0 == "." || $0 == ":" }
    }

    /// Whether a name contains "image" or a similar word. A variable with such a name does not hold a list of options.
    static func speaksOfImages(_ name: some StringProtocol) -> Bool {
        let upper = name.uppercased()
        return ["IMAGE", "IMG", "TAG", "REPO", "REF"].contains { upper.contains($0) }
    }

    /// The reference in a setting whose name says that it is an image: it needs a tag, a digest or a path, and must not
    /// be a file's name.
    static func reference(ofSetting text: String) -> Reference? {
        guard let reference = ImageName.reference(text), !isMachineImage(text) else { return nil }
        let bounds = ReferenceBounds(Array(text.utf8))
        if bounds.digest != nil { return reference }
        if bounds.tag != nil { return isAddress(text) ? nil : reference }
        guard let slash = text.lastIndex(of: "/") else { return nil }
        return isFileName(text[slash...]) ? nil : reference
    }

    /// A machine's disk at Google: `projects/debian-cloud/global/images/family/debian-12`, `debian-cloud/debian-12`.
    private static func isMachineImage(_ text: String) -> Bool {
        if text.hasPrefix("projects/") { return text.contains("/global/images/") }
        return machineProjects.contains {
            text.hasPrefix($0) && text.utf8.dropFirst($0.utf8.count).first == UInt8(ascii: "/")
        }
    }

    /// docs.cloud.google.com, "Operating system details".
    private static let machineProjects = [
        "centos-cloud", "cos-cloud", "debian-cloud", "fedora-cloud", "fedora-coreos-cloud", "opensuse-cloud",
        "oracle-linux-cloud", "rhel-cloud", "rhel-sap-cloud", "rocky-linux-cloud", "suse-cloud", "suse-sap-cloud",
        "ubuntu-os-cloud", "ubuntu-os-pro-cloud", "windows-cloud", "windows-sql-cloud",
    ]

    /// Whether a word in a list of images is one: with a tag, a digest or a host.
    static func isListed(_ word: String) -> Bool {
        guard reference(ofSetting: word) != nil else { return false }
        let bounds = ReferenceBounds(Array(word.utf8))
        if bounds.hasVersion { return true }
        let host = word.prefix { $0 != "/" }
        return host.count < word.count && (host == "localhost" || host.contains { $0 == "." || $0 == ":" })
    }

    /// `localhost:8080`, `db.example.com:5432`, `10.0.0.1:80`.
    private static func isAddress(_ text: String) -> Bool {
        guard !text.contains("/"), let colon = text.firstIndex(of: ":") else { return false }
        let isPort = text[colon...].dropFirst().allSatisfy(\.isNumber)
        let host = text[..<colon]
        return isPort && (host == "localhost" || host.contains("."))
    }

    /// A number, a size or a time: `3600`, `300x200`, `24h`.
    static func isQuantity(_ text: String) -> Bool {
        let rest = text.drop(while: \.isNumber)
        guard rest.startIndex > text.startIndex else { return false }
        return rest.isEmpty || rest.count == 1 && "smhdw".contains(rest)
            || rest.first == "x" && rest.count > 1 && rest.dropFirst().allSatisfy(\.isNumber)
    }

    static func isFileName(_ text: Substring) -> Bool {
        guard let dot = text.lastIndex(of: ".") else { return false }
        return fileExtensions.contains(text[dot...].dropFirst().lowercased())
    }

    private static let fileExtensions: Set<String> = [
        "png", "jpg", "jpeg", "svg", "gif", "ico", "webp", "bmp", "iso", "img", "qcow2", "raw", "vmdk", "vhd", "vhdx",
        "tar", "gz", "tgz", "xz", "zst", "zip", "bin", "efi", "sif", "yaml", "yml", "json", "txt", "sh",
    ]
}
