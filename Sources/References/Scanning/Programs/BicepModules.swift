// SPDX-License-Identifier: Apache-2.0

/// The parameters that a Bicep file gives to modules in other files, which use them as images (learn.microsoft.com, "Bicep
/// modules"): `module app './app.bicep' = { params: { web: 'nginx:1' } }`.
struct BicepModules {
    /// The tokens that are keys of such parameters.
    private(set) var keys: Set<Int> = []
    /// The parameters that are images, by the path of the module.
    private var known: [String: Set<String>] = [:]
    private let read: (String) -> [UInt8]?
    private let depth: Int

    /// The most modules that call each other, the most of one file, and the most bytes of one that are read.
    private static let (depthLimit, moduleLimit, lengthLimit) = (2, 32, 1 << 16)

    /// - Parameters:
    ///   - read: reads a file by its path from the folder of the file with these tokens.
    ///   - depth: how many modules were entered.
    init(_ tokens: ProgramTokens, depth: Int, read: @escaping (String) -> [UInt8]?) {
        (self.read, self.depth) = (read, depth)
        guard depth < Self.depthLimit else { return }
        for index in tokens.indices.dropLast(4)
        where tokens[index].beginsLine && tokens[index].name == "module" && tokens[index + 1].name != nil {
            guard let path = tokens[index + 2].text?.written.string, tokens[index + 3].isMark("="),
                let object = tokens[(index + 3)...].prefix(Self.conditionLimit).indices.first(where: {
                    tokens[$0].isMark("{")
                })
            else { continue }
            add(parametersIn: object, of: tokens, named: images(of: path))
        }
    }

    /// The most tokens of a condition before a module's object.
    private static let conditionLimit = 64

    private mutating func add(parametersIn object: Int, of tokens: ProgramTokens, named images: Set<String>) {
        guard !images.isEmpty else { return }
        for key in tokens.direct(in: object) where tokens[key].name == "params" {
            guard key + 2 < tokens.endIndex, tokens[key + 1].isMark(":"), tokens[key + 2].isMark("{") else { continue }
            keys.formUnion(tokens.direct(in: key + 2).filter { tokens[$0].name.map(images.contains) == true })
        }
    }

    private mutating func images(of path: String) -> Set<String> {
        if let known = known[path] { return known }
        guard known.count < Self.moduleLimit, path.hasSuffix(".bicep"), !path.contains(":"), let bytes = read(path),
            bytes.count <= Self.lengthLimit
        else { return [] }
        let folder = FilePath.folder(of: path)
        let nearby = NearbyFiles(read: { [read] in read(folder + $0) })
        let images = ProgramScanner.imageParameters(ofModule: bytes, in: nearby, depth: depth + 1)
        known[path] = images
        return images
    }
}

extension ProgramScanner {
    /// The parameters of a Bicep file that are whole images.
    static func imageParameters(ofModule bytes: [UInt8], in nearby: NearbyFiles, depth: Int) -> Set<String> {
        let findings = scan(bytes, .bicep, kind: .bicep, in: nearby, depth: depth).findings
        let tokens = ProgramTokens(SourceText(bytes), ProgramRules.bicep.dialect)
        let parameters = tokens.indices.dropLast().compactMap { index -> DeclaredParameter? in
            guard tokens[index].beginsLine, tokens[index].name == "param", let name = tokens[index + 1].name else {
                return nil
            }
            let end = tokens[(index + 1)...].first { $0.beginsLine }?.start ?? bytes.count
            return DeclaredParameter(name: name, range: tokens[index].start..<end)
        }
        return Set(parameters.filter { $0.isImage(of: findings) }.map(\.name))
    }
}
