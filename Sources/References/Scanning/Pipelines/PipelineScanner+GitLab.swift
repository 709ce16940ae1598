// SPDX-License-Identifier: Apache-2.0

import OCI

/// GitLab's pipelines (docs.gitlab.com, "CI/CD YAML syntax reference").
extension PipelineScanner {
    mutating func gitlab() {
        variables.areNested = true
        if !inputs.isEmpty {
            var expressions = Placeholders("$[[", "]]")
            for (name, text) in inputs { expressions.values["inputs." + name] = text }
            placeholders = expressions
        }
        if let include = document.value("include", in: view.root) { gitlab(include: include) }
        let pipeline = GitLabPipeline(view: view, settings: self.pipeline)
        let jobs = GitLabVariables(view: view).jobs
        for job in jobs { childPipeline(of: job.index) }
        let running = jobs.map(\.name).filter { !$0.hasPrefix(".") } + pipeline.users
        for name in running { job(GitLabJob(pipeline, pipeline.chain(of: name))) }
        // What no job of the pipeline uses may be used by one of a file that is not read.
        for hidden in jobs where hidden.name.hasPrefix(".") {
            job(GitLabJob(pipeline, pipeline.chain(of: hidden.name)), isUnused: true)
        }
        for holder in [document.value("default", in: view.root), view.root].compactMap(\.self) {
            job(GitLabJob(pipeline, [.here(holder)]), isUnused: true)
        }
        // A place is open only if no job has a value for it.
        let known = Set(result.findings.filter { $0.reference != nil }.map(\.range))
        result.findings.removeAll { $0.unresolved != nil && known.contains($0.range) }
    }

    /// - Parameter isUnused: whether the job does not run itself. Images that were read for other jobs are not read
    ///   again.
    private mutating func job(_ job: GitLabJob, isUnused: Bool = false) {
        variables.assign(job.variables, from: job.files)
        choices = job.choices
        defer { choices = Choices() }
        for image in job.images where !isUnused || usedImages.insert(document.resolved(image.index)).inserted {
            usedImages.insert(document.resolved(image.index))
            let before = result.findings.count
            add(image.index)
            if image.isShared {
                for index in before..<result.findings.count { result.findings[index].advice = Self.sharedAdvice }
            }
            guard !image.isNamed else { continue }
            for index in before..<result.findings.count {
                result.findings[index].remark = result.findings[index].reference.map(Self.serviceRemark)
            }
        }
    }

    private static let sharedAdvice = "!reference takes it from here, and others may use it for something else"

    private static func serviceRemark(_ image: Reference) -> String {
        let text = image.asTyped
        let name = String(
            decoding: ReferenceBounds(Array(text.utf8)).name.map { Array(text.utf8)[$0] } ?? [], as: UTF8.self)
        let alias = String(name.map { $0 == "/" ? "-" : $0 })
        return "jobs reach this service by a name that is made of the image's; give it the alias \(alias.displayable)"
    }

    /// Follows the pipeline that a job starts (docs.gitlab.com, "trigger:include").
    private mutating func childPipeline(of job: Index) {
        if let include = document.value(at: ["trigger", "include"], in: job) { gitlab(include: include) }
    }

    private mutating func gitlab(include: Index) {
        result.followUps += GitLabIncludes.calls(in: include, of: view).map {
            FollowUp(path: $0.path, kind: .gitlabPart(project: nil, settings: pipeline, inputs: $0.inputs))
        }
        for item in document.kind(include) == .sequence ? document.items(include) : [include] {
            for (key, value) in entries("inputs", in: item) { input(key, value) }
        }
    }

    /// Adds an image that an include gives to an input (docs.gitlab.com, "CI/CD inputs").
    private mutating func input(_ key: Index, _ value: Index) {
        guard let name = document.string(key), ImageText.isImageName(name),
            let text = view.text(value), ImageText.reference(ofSetting: text.string) != nil
        else { return }
        add(value)
    }
}
