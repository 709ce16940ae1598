// SPDX-License-Identifier: Apache-2.0

/// GitLab's pipelines (docs.gitlab.com, "CI/CD YAML syntax reference").
extension PipelineScanner {
    private static let gitlabKeywords: Set<String> = [
        "default", "stages", "variables", "include", "workflow", "cache", "before_script", "after_script", "spec",
        "image", "services",
    ]

    mutating func gitlab() {
        variables.areNested = true
        if !inputs.isEmpty {
            var expressions = Placeholders("$[[", "]]")
            for (name, text) in inputs { expressions.values["inputs." + name] = text }
            placeholders = expressions
        }
        if let include = document.value("include", in: view.root) { gitlab(include: include) }
        let pipeline = GitLabPipeline(view: view, shared: shared)
        let jobs = self.jobs
        for job in jobs { childPipeline(of: job.index) }
        for job in jobs where !job.isHidden { self.job(GitLabJob(pipeline, job.index)) }
        // Jobs of other files may use what no job of this file uses.
        for job in jobs where job.isHidden { self.job(GitLabJob(pipeline, job.index), isUnused: true) }
        for holder in [document.value("default", in: view.root), view.root].compactMap(\.self) {
            job(GitLabJob(pipeline, holder), isUnused: true)
        }
        // A place is open only if no job has a value for it.
        let known = Set(result.findings.filter { $0.reference != nil }.map(\.range))
        result.findings.removeAll { $0.unresolved != nil && known.contains($0.range) }
    }

    private var jobs: [(index: Index, isHidden: Bool)] {
        document.entries(view.root).compactMap { key, value in
            guard document.kind(value) == .mapping, let name = document.string(key),
                !Self.gitlabKeywords.contains(name)
            else { return nil }
            return (value, name.hasPrefix("."))
        }
    }

    /// - Parameter isUnused: whether the job does not run itself. Images that were read for other jobs are not read
    ///   again.
    private mutating func job(_ job: GitLabJob, isUnused: Bool = false) {
        variables.assign(job.variables, from: job.files)
        choices = job.choices
        defer { choices = Choices() }
        for image in job.images where !isUnused || usedImages.insert(document.resolved(image)).inserted {
            usedImages.insert(document.resolved(image))
            add(image)
        }
    }

    /// Follows the pipeline that a job starts (docs.gitlab.com, "trigger:include").
    private mutating func childPipeline(of job: Index) {
        if let include = document.value(at: ["trigger", "include"], in: job) { gitlab(include: include) }
    }

    private mutating func gitlab(include: Index) {
        result.followUps += GitLabIncludes.calls(in: include, of: view).map {
            FollowUp(path: $0.path, kind: .gitlabPart(project: nil, variables: shared, inputs: $0.inputs))
        }
    }
}
