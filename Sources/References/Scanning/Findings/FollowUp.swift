// SPDX-License-Identifier: Apache-2.0

/// Another file that a scanned file names, with what the scanned file says about it.
package struct FollowUp: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A Dockerfile with any file name.
        case dockerfile(BuildArguments)
        /// Manifests, or a folder with a kustomization.
        case resources([ResourceRule])
        /// A kustomize configuration: rules for the resources beside it.
        case kustomizeConfiguration(resources: [String])
        /// A Compose file that another one includes or extends. `environment` lists the variable files named for it.
        case composePart(environment: [String])
        /// A Compose file that a command or a variable names, maybe together with others. All paths are relative to its
        /// folder. `environment` lists the files with its variables.
        case compose(besides: [String], environment: [String])
        /// A part of a pipeline, with any file name.
        case pipelinePart(FindingKind)
        /// A part of a GitLab pipeline. Its includes are relative to the project, which is the folder of the main
        /// pipeline file. `project` is nil if the main pipeline file names the part. `settings` holds what all files of the
        /// pipeline set together, and `inputs` what the file that includes the part gives to its inputs.
        case gitlabPart(
            project: String?, settings: GitLabSettings = GitLabSettings(), inputs: [String: String] = [:])
        /// A template of Azure Pipelines, with the values that the call gives to its parameters.
        case azureTemplate(parameters: [String: String])
        /// A GitHub workflow or action in the same project, with the values that the call gives to its inputs.
        case githubWorkflow(inputs: [String: String])
        /// An Earthfile, with what other ones give to the arguments of its targets.
        case earthfile(EarthlyCalls)
        /// The files of a Terraform module, with the values that a caller gives to its variables.
        case terraformModule(inputs: [String: String])
        /// A template that Terraform fills in.
        case terraformTemplate(TerraformTemplate)
        /// A file of this kind, with any file name.
        case named(FileKind)
        /// Resources that give parameters to tasks. Maps the name of a task to its parameters that are images.
        case tasks([String: Set<String>])
        /// Resources that hold a chart's values under these keys.
        case heldValues(Set<ValuesKey>)
        /// Values for a chart, in a file with any name. `chart` is the chart as the other file names it, if it does.
        case values(of: String? = nil)
        /// A chart's values, with how its templates use them.
        case chartValues(ChartUses)

        /// Whether the templates turn a found value into one that is not known.
        package var hasUnsure: Bool { if case .chartValues(let uses) = self { uses.hasUnsure } else { false } }
    }

    /// Where a relative path begins.
    package enum Start: Hashable, Sendable {
        /// In the folder of the file that names the path.
        case folder
        /// In the nearest folder, from that one upwards, in which the path leads to a file. Commands run in a folder
        /// that no file names.
        case above
    }

    /// The path as the file writes it.
    package var path: String
    /// The paths to try, in this order, if `path` leads to no file.
    package var alternatives: [String] = []
    package var start = Start.folder
    package var kind: Kind

    package init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }

    /// A file that a command names. It is in the folder in which the command runs, otherwise in the folder of the text.
    ///
    /// - Parameters:
    ///   - paths: at least one path. The first path that leads to a file is used.
    ///   - folder: the folder in which the command runs, relative to the folder of the text, with a slash at its end.
    ///     Empty if the text does not name it.
    init(anyOf paths: [String], in folder: String, kind: Kind, start: Start) {
        let inside = folder.isEmpty ? [] : paths.map { FilePath.normalized(folder + $0) }
        let all = inside + paths.map(FilePath.normalized)
        self.init(path: all[0], kind: kind)
        alternatives = Array(all.dropFirst())
        self.start = start
    }
}
