// SPDX-License-Identifier: Apache-2.0

/// Another file that a scanned file names, and what is known about it from there.
package struct FollowUp: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A Dockerfile by whatever name.
        case dockerfile(BuildArguments)
        /// Manifests, or a folder with a kustomization.
        case resources([ResourceRule])
        /// A kustomize configuration: rules for the resources beside it.
        case kustomizeConfiguration(resources: [String])
        /// A Compose file that another one includes or extends, with the files of variables named for it.
        case composePart(environment: [String])
        /// A part of a pipeline by whatever name.
        case pipelinePart(FindingKind)
        /// A part of a GitLab pipeline. What such a part includes is relative to the project, which is the folder of the pipeline
        /// itself; nil where the pipeline names the part. The variables are those that all files of the pipeline say together.
        case gitlabPart(project: String?, variables: [String: PipelineVariable] = [:])
        /// A template of Azure's pipelines, with what the call gives to its parameters.
        case azureTemplate(parameters: [String: String])
        /// A workflow or an action of GitHub's in the same project, with what the call gives to its inputs.
        case githubWorkflow(inputs: [String: String])
        /// The files of a Terraform module, with what a caller gives to its variables.
        case terraformModule(inputs: [String: String])
        /// Containers of a task of Amazon ECS, as a template that Terraform fills in; what it gives to these names is found there.
        case containerDefinitions(given: Set<String>)
        /// A file by whatever name that is of this kind.
        case named(FileKind)
        /// Resources that give parameters to tasks, with those that are images by the tasks' names.
        case tasks([String: Set<String>])
        /// Values that are given to a chart, in a file of any name.
        case values
        /// A chart's values, with what templates make of them.
        case chartValues(ChartUses)

        /// Whether it makes of something found something that nobody knows.
        package var hasUnsure: Bool { if case .chartValues(let uses) = self { uses.hasUnsure } else { false } }
    }

    /// Where a relative path begins.
    package enum Start: Hashable, Sendable {
        /// At the folder of the file that names it.
        case folder
        /// At the first folder from that one up in which it leads to a file: commands run in a folder that no file names.
        case above
    }

    /// As written.
    package var path: String
    /// What is meant where the path leads to no file, in order.
    package var alternatives: [String] = []
    package var start = Start.folder
    package var kind: Kind

    package init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }

    /// A file that a command names: in the folder in which the command runs, otherwise in the folder of the text.
    ///
    /// - Parameters:
    ///   - paths: at least one; the first that leads to a file is meant.
    ///   - folder: from that of the text on, with a slash at its end; empty where the text does not say it.
    init(anyOf paths: [String], in folder: String, kind: Kind, start: Start) {
        let inside = folder.isEmpty ? [] : paths.map { FilePath.normalized(folder + $0) }
        let all = inside + paths.map(FilePath.normalized)
        self.init(path: all[0], kind: kind)
        alternatives = Array(all.dropFirst())
        self.start = start
    }
}
