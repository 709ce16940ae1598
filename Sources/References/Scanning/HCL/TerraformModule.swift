// SPDX-License-Identifier: Apache-2.0

/// The files of a Terraform or OpenTofu module, and the values of its variables and local values
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

    /// The most files of one module that are read.
    private static let fileLimit = 256
    /// The distance between the origins of the bytes of other files. It is larger than any file, so none of these
    /// origins is in the scanned file.
    private static let stride = 1 << 40

    static func isForeign(_ origin: Int) -> Bool { origin >= stride }

    /// - Parameters:
    ///   - own: the file being scanned, if it is part of the module.
    ///   - folder: the module's folder, relative to the scanned file's. Empty, or with a slash at its end.
    ///   - number: the number of the module among those that are read for one file.
    ///   - inputs: the values in the block that calls the module.
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

    /// Whether Terraform reads the file by default.
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

    /// The sort key of a file of values. Later files override earlier ones.
    private static func precedence(_ name: String) -> String { name == "terraform.tfvars" ? "" : name }

    /// Declares the defaults of variables, and the local values.
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

    /// The file that declares each name.
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
