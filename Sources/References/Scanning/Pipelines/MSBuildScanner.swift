// SPDX-License-Identifier: Apache-2.0

/// Finds the base images of .NET's own container builds: `<ContainerBaseImage>` of a project, or of a file that several
/// projects share (learn.microsoft.com, "Containerize a .NET app reference").
enum MSBuildScanner {
    /// This word is in each file in which an image is found.
    static let word = SearchWord("ContainerBaseImage")

    static func scan(_ bytes: [UInt8]) -> ScanResult {
        let document = XMLElements(bytes)
        let properties = ElementProperties(msbuild: document)
        var found = FoundImages(.dotnet)
        for element in document.elements(at: "PropertyGroup", "ContainerBaseImage") {
            if let text = document.text(of: element) { found.add(text, properties) }
        }
        var result = ScanResult()
        result.findings = found.findings
        return result
    }
}

extension ElementProperties {
    /// Reads the properties of a project (learn.microsoft.com, "MSBuild properties"). Conditions are not evaluated: a
    /// property that two groups set to different values has no value.
    init(msbuild document: XMLElements) {
        self.init("$(", ")")
        for group in document.elements(at: "PropertyGroup") {
            for property in document.all[group].children {
                if let text = document.text(of: property) { assign(document.all[property].name, text) }
            }
        }
    }
}
