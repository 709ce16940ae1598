// SPDX-License-Identifier: Apache-2.0

/// The files of a Terraform or OpenTofu module, and what they say that its variables and local values are
/// (developer.hashicorp.com/terraform, "Modules" and "Variable definitions (.tfvars) files").
struct TerraformModule {
    struct File {
        let name: String
        let bytes: [UInt8]
        let body: HCLBody
        let isValues: Bool
    }

    let files: [File]
    /// The values of names, once for each selectable file of values.
    let rows: [HCLResolver]

    /// Files of one module beyond these are not read.
    private static let fileLimit = 256
    /// Where the bytes of each file begin that is not the one being scanned: beyond any file's end.
    private static let stride = 1 << 40

    static func isForeign(_ origin: Int) -> Bool { origin >= stride }

    /// - Parameters:
    ///   - own: the file being scanned, where it is one of the module's.
    ///   - folder: of the module, from the scanned file's on; empty or with a slash at its end.
    ///   - number: of the module among those that are read for one file.
    ///   - inputs: what the block gives that names the module.
    init(own: File?, folder: String, number: Int = 0, in nearby: NearbyFiles, inputs: [String: HCLValue] = [:]) {
        var files = own.map { [$0] } ?? []
        let names = nearby.names(folder).filter { Self.isModuleFile($0) && $0 != own?.name }
        for (index, name) in names.prefix(Self.fileLimit).enumerated() {
            guard let bytes = nearby.read(folder + name) else { continue }
            let origin = (number * Self.fileLimit + index + 1) * Self.stride
            var parser = HCLParser(SourceText(TracedText(bytes, origin: origin)))
            files.append(File(name: name, bytes: bytes, body: parser.file(), isValues: Self.isValues(name)))
        }
        self.files = files
        rows = Self.rows(files, inputs)
    }

    static func isModuleFile(_ name: String) -> Bool {
        [".tf", ".tofu", ".tfvars"].contains { name.hasSuffix($0) }
    }

    static func isValues(_ name: String) -> Bool { name.hasSuffix(".tfvars") }

    /// Read without being named.
    private static func isAutomatic(_ name: String) -> Bool {
        name == "terraform.tfvars" || name.hasSuffix(".auto.tfvars")
    }

    // MARK: - Values

    private static func rows(_ files: [File], _ inputs: [String: HCLValue]) -> [HCLResolver] {
        var base = HCLResolver()
        for file in files where !file.isValues { declare(file.body, in: &base) }
        if !inputs.isEmpty {
            // Files of values apply only to the root module.
            for (name, value) in inputs { base.set("var." + name, value) }
            return [base]
        }
        let values = files.filter(\.isValues).sorted { precedence($0.name) < precedence($1.name) }
        for file in values where isAutomatic(file.name) { give(file.body, to: &base) }
        let chosen = values.filter { !isAutomatic($0.name) }.map { file in
            var row = base
            give(file.body, to: &row)
            return row
        }
        return [base] + chosen
    }

    /// Later ones count more.
    private static func precedence(_ name: String) -> String { name == "terraform.tfvars" ? "" : name }

    /// Defaults of variables, and local values.
    static func declare(_ body: HCLBody, in resolver: inout HCLResolver) {
        for block in body.blocks {
            switch block.type {
            case "variable":
                if let name = block.labels.first, let value = block.body.value("default") {
                    resolver.add("var." + name, value)
                }
            case "locals": for entry in block.body.attributes { resolver.add("local." + entry.name, entry.value) }
            default: break
            }
        }
    }

    /// Which file says what a name is.
    var places: [String: String] {
        files.reduce(into: [:]) { places, file in
            for block in file.body.blocks where block.type == "variable" || block.type == "locals" {
                if let name = block.labels.first { places["var." + name] = file.name }
                for entry in block.body.attributes where block.labels.isEmpty {
                    places["local." + entry.name] = file.name
                }
            }
        }
    }

    private static func give(_ body: HCLBody, to resolver: inout HCLResolver) {
        for entry in body.attributes { resolver.set("var." + entry.name, entry.value) }
    }
}
