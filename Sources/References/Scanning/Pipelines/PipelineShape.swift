// SPDX-License-Identifier: Apache-2.0

/// The keys of a pipeline format that name images, hold shell text, or set variables for shell text.
struct PipelineShape: Sendable {
    /// The value is an image, or a mapping that has it under `name` or `image`.
    var images: Set<String> = []
    var scripts: Set<String> = []
    var variables: Set<String> = []
    /// Inputs of steps that are written by others, such as actions.
    var inputs: Set<String> = []
    /// The settings that a step gives to the plugin that is its image.
    var plugins: Set<String> = []
    /// The value is an image, or the name of a container that is described elsewhere.
    var containers: Set<String> = []
    /// The value is a mapping with an image, or a list of such mappings.
    var holders: Set<String> = []
    /// The value is a mapping whose values are images or names of containers.
    var services: Set<String> = []
    /// The value is the matrix of a job or a step, or holds it under `matrix`.
    var matrices: Set<String> = []
    /// Suffixes of keys whose values are shell text.
    var scriptEnds: [String] = []
    /// Whether any key whose name says that it holds an image counts: parameters that jobs are given.
    var hasSettings = false
    /// Whether the variables of a job or a step count only there.
    var hasScopes = false
    /// The value is the arguments of `docker run`, if the hook's language is `docker_image`.
    var hooks: Set<String> = []

    static func of(_ kind: FindingKind) -> PipelineShape? { shapes[kind] }

    /// Whether the values of a key are shell text.
    func isScript(_ key: String) -> Bool { scripts.contains(key) || scriptEnds.contains { key.hasSuffix($0) } }

    /// The shapes, each from the reference of its format.
    private static let shapes: [FindingKind: PipelineShape] = [
        // docs.github.com, "Workflow syntax for GitHub Actions".
        .githubActions: PipelineShape(scripts: ["run"], variables: ["env"], inputs: ["with"], hasScopes: true),
        // docs.gitlab.com, "CI/CD YAML syntax reference".
        .gitlabCI: PipelineShape(
            scripts: ["script", "before_script", "after_script", "pre_get_sources_script"], variables: ["variables"]),
        // circleci.com/docs, "CircleCI configuration reference".
        .circleCI: PipelineShape(
            scripts: ["run", "command"], variables: ["environment"], hasSettings: true, hasScopes: true),
        // woodpecker-ci.org/docs, "Workflow syntax"; crowci.dev has the same syntax.
        .woodpecker: PipelineShape(
            images: ["image"], scripts: ["commands"], variables: ["environment", "matrix"], plugins: ["settings"],
            hasScopes: true),
        // docs.drone.io, "Docker pipelines".
        .drone: PipelineShape(
            images: ["image"], scripts: ["commands"], variables: ["environment"], plugins: ["settings"], hasScopes: true
        ),
        // go-vela.github.io/docs, "Steps" and "Services".
        .vela: PipelineShape(
            images: ["image"], scripts: ["commands"], variables: ["environment"], plugins: ["parameters"],
            hasScopes: true),
        // appveyor.com/docs, "appveyor.yml reference"; AppVeyor's own `image` is a machine image.
        .appveyor: PipelineShape(
            scripts: [
                "init", "install", "before_build", "build_script", "after_build", "before_test", "test_script",
                "after_test", "before_deploy", "deploy_script", "after_deploy", "on_success", "on_failure", "on_finish",
                "sh", "cmd",
            ], variables: ["environment"]),
        // buildkite.com/docs, "Command step" and the docker plugin's README.
        .buildkite: PipelineShape(
            images: ["image"], scripts: ["command", "commands"], variables: ["env"], matrices: ["matrix"],
            hasScopes: true),
        // learn.microsoft.com, "YAML schema reference for Azure Pipelines".
        .azurePipelines: PipelineShape(
            images: ["image"], scripts: ["script", "bash", "pwsh", "powershell", "inlineScript"],
            variables: ["variables", "env"],
            containers: ["container"], services: ["services"], matrices: ["strategy"], hasScopes: true),
        // support.atlassian.com, "Bitbucket Pipelines configuration reference".
        .bitbucket: PipelineShape(images: ["image"], scripts: ["script", "after-script"]),
        // docs.travis-ci.com, "Job Lifecycle".
        .travis: PipelineShape(
            scripts: [
                "before_install", "install", "before_script", "script", "after_success", "after_failure",
                "before_deploy",
                "after_deploy", "after_script",
            ], variables: ["env"]),
        // pre-commit.com, "docker_image".
        .preCommit: PipelineShape(hooks: ["entry"]),
        // taskfile.dev, "Schema Reference".
        .taskfile: PipelineShape(
            scripts: ["cmds", "cmd", "sh", "status", "preconditions"], variables: ["vars", "env"]),
        // docs.semaphoreci.com, "Pipeline YAML reference".
        .semaphore: PipelineShape(scripts: ["commands"], variables: ["env_vars"]),
        // docs.aws.amazon.com, "Build specification reference for CodeBuild".
        .codeBuild: PipelineShape(scripts: ["commands", "finally"], variables: ["variables"]),
        // docs.screwdriver.cd, "Jobs".
        .screwdriver: PipelineShape(scripts: ["steps"], variables: ["environment"]),
        // cirrus-ci.org, "Writing tasks".
        .cirrus: PipelineShape(
            scripts: ["script"], variables: ["env", "environment"],
            holders: ["container", "arm_container", "windows_container", "additional_containers"],
            scriptEnds: ["_script"], hasScopes: true),
        // gitpod.io/docs, "Tasks".
        .gitpod: PipelineShape(scripts: ["before", "init", "command", "prebuild"], variables: ["env"]),
    ]
}
