// SPDX-License-Identifier: Apache-2.0

/// A command of a program that takes images, and the places of the images on its command line.
struct ImageCommand: Hashable, Sendable {
    enum Operands: Hashable, Sendable {
        case none
        /// The first one; the words after it are the container's command.
        case first
        case all
        /// The first one is an image, the second one is the image made from it.
        case firstMakesSecond
        /// All are images that are made here or pushed from here.
        case products
        /// The first one is no image, the second one is an image that is made.
        case secondIsMade
        /// `container=image`, after the first one.
        case assignments
        /// `image=copy`, or an image and after it the copies that are made of it.
        case copies
        /// Images with a registry, among the names of other things. Before `~`, a name with a path is enough.
        case registryImages
        /// `name=image`, or `name:tag` and `name@digest` for another version of the same image.
        case replacements
        /// Files of one kind.
        case files(NamedFile)
        /// The last one is a chart.
        case lastIsChart
        /// The first one is another command with its own options.
        case command
    }

    /// The words after the program's name.
    let verbs: [String]
    let operands: Operands
    var options = CommandOptions("")
    /// Options whose value is an image.
    var imageOptions: Set<String> = []
    /// Options whose value is an image that the command makes.
    var productOptions: Set<String> = []
    /// Options whose value is `NAME=image`: a build's arguments and contexts.
    var argumentOptions: Set<String> = []
    /// What precedes such values, if the options take other values, too.
    var argumentMarks: [String] = []
    /// Options with the name of a made image in a field of their value.
    var productFields: [String: ImageField] = [:]
    /// Options that name the image as a file. With one of them, no operand is an image.
    var fileOptions: Set<String> = []
    /// The images have to be on this machine already: the command pulls none.
    var isLocal = false
    /// The command removes the images, whoever put them on this machine.
    var removes = false
    /// An option and its value with which the first operand is an image in any case.
    var imageOption: [String: String] = [:]
    /// The prefix of operands that are images of a registry. Operands without it are ignored.
    var prefix = ""
    /// Options whose value is a list of `path=value` for a chart.
    var settingOptions: Set<String> = []
    /// Options with an image in a field of their value.
    var imageFields: [String: ImageField] = [:]
    /// The same for images that have to be on this machine already.
    var localFields: [String: ImageField] = [:]
    /// Options whose value is an image or the name of something else. The value has to look like an image.
    var looseOptions: Set<String> = []
    /// Options whose value is a part of a manifest.
    var documentOptions: Set<String> = []
    /// Options that name a file, with the meaning of the file.
    var files: [String: NamedFile] = [:]
    /// The options for the Dockerfile that the command builds. nil: it builds nothing.
    var build: BuildOptions?

    init(_ verbs: String, _ operands: Operands, options: CommandOptions = CommandOptions("")) {
        self.verbs = verbs.split(separator: " ").map(String.init)
        self.operands = operands
        self.options = options
    }

    func with(images: [String] = [], products: [String] = [], arguments: [String] = [], prefix: String = "") -> Self {
        var command = self
        command.imageOptions = Set(images)
        command.productOptions = Set(products)
        command.argumentOptions = Set(arguments)
        command.prefix = prefix
        return command
    }

    /// With images that have to be on this machine already.
    func local() -> Self {
        var command = self
        command.isLocal = true
        return command
    }

    func with(_ field: ImageField, in option: String) -> Self {
        var command = self
        command.imageFields[option] = field
        return command
    }

    func with(documents: Set<String>) -> Self {
        var command = self
        command.documentOptions = documents
        return command
    }

    /// With options that name files of one kind.
    func naming(_ file: NamedFile, by names: String...) -> Self {
        var command = self
        for name in names { command.files[name] = file }
        return command
    }

    /// The command as a build, with the names of its options.
    func building(_ build: BuildOptions = BuildOptions(), made: [String] = ["tag", "t", "manifest"]) -> Self {
        var command = with(products: made, arguments: Array(build.arguments))
        command.build = build
        return command
    }
}

/// The options by which a command says what it builds.
struct BuildOptions: Hashable, Sendable {
    /// Options with the Dockerfile, relative to the folder in which the command runs.
    var file: Set<String> = ["file", "f"]
    /// `NAME=value`.
    var arguments: Set<String> = ["build-arg"]
    /// `NAME=SOURCE`.
    var contexts: Set<String> = ["build-context"]
    /// Options with the folder to build. Without them it is the first operand.
    var context: Set<String> = []
    /// If the path does not lead to a Dockerfile, it is also tried in the folder that is built (podman-build(1),
    /// "--file").
    var looksInContext = false
}

/// A program and its commands that take images.
struct ImageProgram: Sendable {
    /// Options before the command.
    var options: CommandOptions
    /// Longer commands come before their beginnings.
    var commands: [ImageCommand]
    /// What the program reads in any command, if only a variable says which one: `helm "$ACTION" --set …`.
    var anyCommand: ImageCommand?

    init(_ options: CommandOptions = CommandOptions(""), _ commands: [ImageCommand]) {
        self.options = options
        self.commands = commands.sorted { $0.verbs.count > $1.verbs.count }
    }

    static func named(_ name: String) -> ImageProgram? { all[name] }

    /// One of these words is in every text that runs one of the programs.
    static let names = Array(all.keys)

    private static let all: [String: ImageProgram] = {
        var programs: [String: ImageProgram] = [:]
        for name in ["docker", "nerdctl", "finch"] { programs[name] = containers(BuildOptions()) }
        programs["podman"] = containers(BuildOptions(looksInContext: true), besides: [pod])
        for name in ["docker-compose", "podman-compose"] { programs[name] = ImageProgram([compose("")]) }
        programs["buildah"] = buildah
        programs["executor"] = kaniko
        programs["warmer"] = kanikoWarmer
        programs["img"] = img
        for name in ["buildctl", "buildctl-daemonless.sh"] { programs[name] = buildctl }
        for name in ["crane", "gcrane"] { programs[name] = crane }
        programs["skopeo"] = skopeo
        programs["ctr"] = ctr
        programs["crictl"] = ImageProgram(CommandOptions("debug", letters: "D"), [ImageCommand("pull", .first)])
        for name in ["kubectl", "oc", "microk8s.kubectl"] { programs[name] = kubectl }
        programs["kind"] = kind
        programs["k3d"] = ImageProgram([
            ImageCommand(
                "image import", .all, options: CommandOptions("keep-tarball keep-tools verbose", letters: "tk")
            ).local(),
            ImageCommand("cluster create", .none, options: CommandOptions("")).with(images: ["image", "i"]),
        ])
        programs["minikube"] = ImageProgram([
            ImageCommand("start", .none).with(images: ["base-image"]), ImageCommand("image load", .all),
            ImageCommand("image pull", .all), ImageCommand("cache add", .all),
        ])
        programs["helm"] = helm
        programs["kustomize"] = ImageProgram([ImageCommand("edit set image", .replacements)])
        programs["pack"] = pack
        programs["trivy"] = ImageProgram([trivyImage])
        programs["gcloud"] = gcloud
        programs["az"] = az
        programs.merge(ImageProgram.tools) { $1 }
        programs["buildkite-agent"] = buildkite
        programs["gitlab-runner"] = gitlabRunner
        programs["argocd"] = argocd
        programs["flyctl"] = fly
        programs["fly"] = programs["flyctl"]
        return programs
    }()
}

// MARK: - Docker and similar programs

extension ImageProgram {
    /// docs.docker.com, "docker container run"; docs.podman.io, "podman-run": options without a value.
    private static let run = CommandOptions(
        "detach disable-content-trust env-host help http-proxy init interactive no-healthcheck no-hostname no-hosts "
            + "no-mount oom-kill-disable privileged publish-all quiet read-only read-only-tmpfs replace rm rmi rootfs "
            + "sig-proxy tls-verify tty use-api-socket rmi passwd remote",
        letters: "ditPq")
    private static let pull = CommandOptions(
        "all-tags disable-content-trust quiet tls-verify all-platforms help", letters: "aq")
    /// The same pages of "docker image push" and "podman manifest create", and their kin.
    private static let pushed = CommandOptions(
        "all all-tags amend disable-content-trust insecure purge quiet rm tls-verify", letters: "aqp")
    /// The same of "docker image save" and its kin.
    private static let kept = CommandOptions(
        "all compress force human ignore multi-image-archive no-prune no-trunc quiet", letters: "afiqHm")
    private static let build = CommandOptions(
        "check compress disable-content-trust force-rm help load no-cache pull pull-always push quiet rm squash squash-all "
            + "tls-verify layers debug",
        letters: "qD")
    private static let global = CommandOptions(
        "debug tls tlsverify remote noout syslog insecure-registry", letters: "Dr")

    /// podman-pod-create(1).
    private static let pod = ImageCommand(
        "pod create", .none,
        options: CommandOptions("infra no-hostname no-hosts replace share-parent help", letters: "h")
    ).with(images: ["infra-image"])

    /// docs.docker.com, "docker image ls" and "docker container ls".
    private static let listed = CommandOptions(
        "all digests help latest no-trunc noheading quiet size tree", letters: "aqls")

    private static func containers(_ options: BuildOptions, besides own: [ImageCommand] = []) -> ImageProgram {
        var commands = own
        for verb in ["run", "create", "container run", "container create"] {
            commands.append(ImageCommand(verb, .first, options: run).with(.mount, in: "mount"))
        }
        for verb in ["pull", "image pull"] { commands.append(ImageCommand(verb, .all, options: pull)) }
        for verb in ["build", "image build", "buildx build", "buildx b", "builder build"] {
            commands.append(ImageCommand(verb, .none, options: build).building(options))
        }
        for verb in ["tag", "image tag"] { commands.append(ImageCommand(verb, .firstMakesSecond).local()) }
        for verb in ["push", "image push", "manifest create", "manifest add", "manifest annotate", "manifest push"] {
            commands.append(ImageCommand(verb, .products, options: pushed))
        }
        for verb in ["save", "image save", "history", "image history", "image inspect"] {
            commands.append(ImageCommand(verb, .all, options: kept).local())
        }
        for verb in ["images", "image ls", "image list"] {
            commands.append(ImageCommand(verb, .first, options: listed).local())
        }
        for verb in ["ps", "container ls", "container list", "container ps"] {
            var command = ImageCommand(verb, .none, options: listed)
            for option in ["filter", "f"] { command.localFields[option] = .ancestor }
            commands.append(command)
        }
        for verb in ["rmi", "image rm"] {
            var command = ImageCommand(verb, .all, options: kept).local()
            command.removes = true
            commands.append(command)
        }
        for verb in ["commit", "container commit", "import", "image import"] {
            commands.append(
                ImageCommand(verb, .secondIsMade, options: CommandOptions("pause quiet squash", letters: "pqs")))
        }
        commands += [
            ImageCommand("manifest inspect", .all, options: CommandOptions("insecure verbose", letters: "v")),
            ImageCommand("buildx imagetools inspect", .first, options: CommandOptions("raw")),
            ImageCommand("buildx imagetools create", .all, options: CommandOptions("append dry-run prefer-index"))
                .with(products: ["tag", "t"]),
            ImageCommand(
                "service create", .first,
                options: CommandOptions(
                    "detach init no-healthcheck no-resolve-image quiet read-only tty with-registry-auth", letters: "dtq"
                )
            ).with(.mount, in: "mount"),
            ImageCommand("service update", .none, options: CommandOptions("detach")).with(images: ["image"]),
            ImageCommand(
                "buildx create", .none, options: CommandOptions("append bootstrap debug leave use", letters: "D")
            ).with(.builder, in: "driver-opt"),
            compose("compose"),
        ]
        for verb in ["buildx bake", "bake"] {
            var command = ImageCommand(verb, .none, options: bake).naming(.bake, by: "file", "f")
            command.argumentOptions = ["set"]
            command.argumentMarks = [".args.", ".contexts."]
            commands.append(command)
        }
        for verb in ["stack deploy", "stack up"] {
            commands.append(ImageCommand(verb, .none, options: stack).naming(.compose, by: "compose-file", "c"))
        }
        return ImageProgram(global, commands)
    }

    /// docs.docker.com, "docker compose", "docker buildx bake" and "docker stack deploy": options without a value.
    private static func compose(_ verbs: String) -> ImageCommand {
        let options = CommandOptions(
            "all-resources compatibility dry-run help no-ansi skip-hostname-check tls tlsverify verbose version",
            letters: "hv")
        return ImageCommand(verbs, .command, options: options).naming(.compose, by: "file", "f")
            .naming(.composeVariables, by: "env-file")
    }

    private static let bake = CommandOptions("check debug help load no-cache print pull push", letters: "Dh")
    private static let stack = CommandOptions("detach help prune quiet with-registry-auth", letters: "dhq")

    private static let buildah: ImageProgram = {
        var commands = ["bud", "build", "build-using-dockerfile"].map { verb in
            ImageCommand(verb, .none, options: build).building(BuildOptions(looksInContext: true))
        }
        commands += [
            ImageCommand(
                "from", .first, options: CommandOptions("pull pull-always pull-never quiet tls-verify", letters: "q")),
            ImageCommand("pull", .first, options: pull), ImageCommand("push", .products, options: pull),
        ]
        // buildah-copy(1): an image, or an existing container.
        for verb in ["copy", "add"] {
            var command = ImageCommand(
                verb, .none, options: CommandOptions("add-history link parents quiet tls-verify", letters: "q"))
            command.looseOptions = ["from"]
            commands.append(command)
        }
        return ImageProgram(global, commands)
    }()

    /// github.com/GoogleContainerTools/kaniko, "Additional Flags".
    private static let kaniko = ImageProgram([
        ImageCommand(
            "", .none,
            options: CommandOptions(
                "cache cleanup force insecure insecure-pull no-push no-push-cache reproducible single-snapshot "
                    + "skip-tls-verify skip-tls-verify-pull skip-unused-stages use-new-run "
                    + "skip-push-permission-check skip-default-registry-fallback compressed-caching cache-copy-layers "
                    + "cache-run-layers log-timestamp help")
        ).building(
            BuildOptions(file: ["dockerfile", "f"], context: ["context", "c"], looksInContext: true),
            made: ["destination", "d"])
    ])

    /// Pulls base images in advance (the same page, "kaniko warmer").
    private static let kanikoWarmer = ImageProgram([
        ImageCommand(
            "", .none,
            options: CommandOptions("force insecure-pull skip-tls-verify-pull help", letters: "fh")
        ).with(images: ["image", "i"])
    ])

    /// github.com/genuinetools/img, "Usage".
    private static let img = ImageProgram(
        CommandOptions("debug", letters: "d"),
        [
            ImageCommand("build", .none, options: CommandOptions("no-cache no-console debug", letters: "d")).building(),
            ImageCommand("pull", .first, options: CommandOptions("debug", letters: "d")),
            ImageCommand("push", .products, options: CommandOptions("debug insecure-registry", letters: "d")),
            ImageCommand("tag", .firstMakesSecond).local(), ImageCommand("save", .all).local(),
            ImageCommand("unpack", .first).local(),
        ])

    /// github.com/moby/buildkit, "buildctl build" and the frontends' options.
    private static let buildctl: ImageProgram = {
        var command = ImageCommand("build", .none, options: CommandOptions("no-cache help"))
        command.argumentOptions = ["opt"]
        command.argumentMarks = ["build-arg:", "context:"]
        command.imageFields["opt"] = ImageField(names: ["source"])
        for option in ["output", "o"] { command.productFields[option] = ImageField(names: ["name"]) }
        return ImageProgram(CommandOptions("debug"), [command])
    }()
}

// MARK: - Registry tools

extension ImageProgram {
    private static let crane: ImageProgram = {
        let options = CommandOptions(
            "insecure verbose allow-nondistributable-artifacts all-tags no-clobber full-ref omit-digest-tags recursive",
            letters: "avcnOr")
        var commands: [ImageCommand] = []
        for verb in ["copy", "cp", "tag"] { commands.append(ImageCommand(verb, .firstMakesSecond, options: options)) }
        commands[2] = ImageCommand("tag", .first, options: options)
        for verb in ["pull", "digest", "manifest", "config", "export", "validate", "ls", "mutate", "rebase", "flatten"]
        {
            commands.append(ImageCommand(verb, .first, options: options).with(products: ["tag", "t"]))
        }
        commands.append(
            ImageCommand("append", .none, options: options).with(images: ["base", "b"], products: ["new_tag", "t"]))
        return ImageProgram(options, commands)
    }()

    private static let skopeo: ImageProgram = {
        let options = CommandOptions(
            "all debug insecure-policy override-insecure quiet remove-signatures preserve-digests src-tls-verify "
                + "dest-tls-verify tls-verify raw config no-tags src-no-creds dest-no-creds no-creds keep-going scoped "
                + "dry-run dest-compress",
            letters: "aqn")
        return ImageProgram(
            options,
            [
                ImageCommand("copy", .firstMakesSecond, options: options).with(prefix: "docker://"),
                ImageCommand("inspect", .first, options: options).with(prefix: "docker://"),
                ImageCommand("list-tags", .first, options: options).with(prefix: "docker://"),
            ])
    }()

    private static let ctr: ImageProgram = {
        let options = CommandOptions(
            "rm tty detach plain-http all-platforms debug local skip-verify net-host privileged", letters: "dtk")
        return ImageProgram(
            options,
            ["images pull", "image pull", "i pull", "run"].map { ImageCommand($0, .first, options: options) })
    }()

    private static let trivyImage: ImageCommand = {
        let options = CommandOptions(
            "quiet debug insecure ignore-unfixed no-progress list-all-pkgs clear-cache", letters: "qd")
        var command = ImageCommand("image", .first, options: options)
        command.fileOptions = ["input"]
        return command
    }()
}

// MARK: - Clusters and clouds

extension ImageProgram {
    private static let kubectl = ImageProgram(
        [
            ImageCommand("run", .none).with(images: ["image"]).with(documents: ["overrides"]),
            ImageCommand("debug", .none).with(images: ["image"]),
            ImageCommand("create deployment", .none).with(images: ["image"]),
            ImageCommand("create job", .none).with(images: ["image"]),
            ImageCommand("create cronjob", .none).with(images: ["image"]),
            ImageCommand("import-image", .none).with(images: ["from"]),
            ImageCommand("image info", .first, options: CommandOptions("insecure show-multiarch")),
            ImageCommand(
                "image extract", .first, options: CommandOptions("all-layers confirm dry-run insecure only-files")),
            ImageCommand("set image", .assignments, options: CommandOptions("all local record", letters: "")),
            ImageCommand("patch", .none, options: CommandOptions("local record")).with(documents: ["patch", "p"]),
        ]
            + imageStreams + manifests.map(applying), anyCommand: applying(""))

    private static func applying(_ verb: String) -> ImageCommand {
        ImageCommand(verb, .none, options: apply).naming(.manifests, by: "f", "filename", "k", "kustomize")
    }

    /// Commands of oc that make image streams, builds and copies of images (docs.openshift.com, "OpenShift CLI developer
    /// command reference"). An operand without a registry is the name of a stream or a template, or a folder.
    private static let imageStreams: [ImageCommand] = {
        let options = CommandOptions(
            "all allow-missing-imagestream-tags allow-missing-images as-deployment-config as-test binary delete dry-run "
                + "expect-build force grant-install-rights import-mode insecure insecure-annotation keep-manifest-list "
                + "list no-install reference scheduled search show-all skip-missing skip-multiple-scopes "
                + "skip-verification to-docker",
            letters: "aADLS")
        var commands = ["new-app", "new-build"].map {
            ImageCommand($0, .registryImages, options: options).with(images: ["docker-image", "image"])
        }
        var tag = ImageCommand("tag", .registryImages, options: options)
        tag.imageOption = ["source": "docker"]
        commands.append(tag)
        commands.append(ImageCommand("image mirror", .copies, options: options))
        commands.append(
            ImageCommand("image append", .none, options: options).with(images: ["from"], products: ["to"]))
        return commands
    }()

    /// Commands that read manifests from files (kubernetes.io/docs, "kubectl apply" and similar pages; `process` is a
    /// command of oc).
    private static let manifests = ["apply", "create", "replace", "diff", "process"]
    private static let apply = CommandOptions(
        "all allow-missing-template-keys edit force force-conflicts help local openapi-patch overwrite prune record "
            + "recursive save-config server-side show-managed-fields validate wait windows-line-endings",
        letters: "Rh")

    /// helm.sh/docs, "helm upgrade" and similar pages.
    private static let helm: ImageProgram = {
        let options = CommandOptions(
            "atomic cleanup-on-fail create-namespace debug dependency-update devel disable-openapi-validation dry-run "
                + "enable-dns force generate-name hide-notes include-crds insecure-skip-tls-verify install is-upgrade "
                + "no-hooks pass-credentials plain-http render-subchart-notes replace reset-then-reuse-values "
                + "reset-values reuse-values skip-crds skip-schema-validation skip-tests take-ownership validate verify "
                + "wait wait-for-jobs",
            letters: "giah")
        func command(_ verb: String) -> ImageCommand {
            var command = ImageCommand(verb, .lastIsChart, options: options).naming(.values, by: "f", "values")
            command.settingOptions = ["set", "set-string", "set-literal"]
            return command
        }
        let verbs = ["install", "upgrade", "template", "lint", "diff upgrade", "secrets upgrade", "secrets install"]
        var program = ImageProgram(CommandOptions("debug"), verbs.map(command))
        program.anyCommand = command("")
        return program
    }()

    /// docs.gitlab.com/runner, "Registering runners": options without a value.
    private static let gitlabRunner = ImageProgram(
        CommandOptions("debug"),
        [
            ImageCommand(
                "register", .none,
                options: CommandOptions(
                    "docker-privileged leave-runner locked non-interactive paused run-untagged", letters: "n")
            ).with(images: ["docker-image", "docker-helper-image", "kubernetes-image", "kubernetes-helper-image"])
        ])

    /// argo-cd.readthedocs.io, "argocd app set" and "argocd app create": options without a value.
    private static let argocd: ImageProgram = {
        let options = CommandOptions(
            "allow-empty auto-prune core grpc-web helm-skip-crds insecure plaintext self-heal upsert validate")
        return ImageProgram(
            options,
            ["app set", "app create"].map { verb in
                var command = ImageCommand(verb, .none, options: options).naming(.values, by: "values")
                command.settingOptions = ["p", "parameter", "helm-set", "helm-set-string"]
                return command
            })
    }()

    private static let kind: ImageProgram = {
        let options = CommandOptions("quiet retain")
        return ImageProgram(
            options,
            [
                ImageCommand("load docker-image", .all, options: options).local(),
                ImageCommand("create cluster", .none, options: options).with(images: ["image"]),
                ImageCommand("build node-image", .none, options: options).with(
                    images: ["base-image"], products: ["image"]),
            ])
    }()

    private static let gcloud: ImageProgram = {
        var commands: [ImageCommand] = []
        for stage in ["", "beta ", "alpha "] {
            for verb in ["run deploy", "run jobs create", "run jobs deploy", "run jobs update", "run services update"] {
                commands.append(ImageCommand(stage + verb, .none).with(images: ["image"]))
            }
            commands.append(ImageCommand(stage + "builds submit", .none).with(products: ["tag", "t"]))
            for verb in [
                "instances create-with-container", "instances update-container",
                "instance-templates create-with-container",
            ] {
                commands.append(ImageCommand(stage + "compute " + verb, .none).with(images: ["container-image"]))
            }
        }
        return ImageProgram(commands)
    }()

    /// fly.io/docs, "fly deploy", "fly launch" and "fly machine run".
    private static let fly: ImageProgram = {
        let options = CommandOptions(
            "build-only copy-config detach internal-only local-only no-cache no-deploy now push remote-only rm yes",
            letters: "y")
        var commands = ["deploy", "launch"].map { verb in
            var command = ImageCommand(verb, .none, options: options).building(
                BuildOptions(file: ["dockerfile"]), made: [])
            command.imageOptions = ["image", "i"]
            return command
        }
        for verb in ["machine run", "machines run", "m run"] {
            commands.append(ImageCommand(verb, .registryImages, options: options))
        }
        return ImageProgram(commands)
    }()

    /// buildpacks.io/docs, "pack build" and its kin: what an image is made with and made of.
    private static let pack: ImageProgram = {
        let options = CommandOptions(
            "clear-cache flatten force-color force help interactive layout no-color publish quiet sparse timestamps "
                + "trust-builder trust-extra-buildpacks verbose",
            letters: "fhqv")
        let used = ["builder", "B", "run-image", "lifecycle-image"]
        let makers = ["build", "rebase", "builder create", "create-builder", "buildpack package", "extension package"]
            .map {
                ImageCommand($0, .products, options: options).with(
                    images: used, products: ["tag", "t", "cache-image", "previous-image"])
            }
        let readers = [
            "config default-builder", "config lifecycle-image", "set-default-builder", "builder inspect",
            "inspect-builder",
        ].map {
            ImageCommand($0, .first, options: CommandOptions("help quiet timestamps unset verbose", letters: "hquv"))
        }
        return ImageProgram(options, makers + readers)
    }()

    /// buildkite.com/docs, "buildkite-agent pipeline".
    private static let buildkite = ImageProgram([
        ImageCommand(
            "pipeline upload", .files(.buildkite),
            options: CommandOptions(
                "replace dry-run no-interpolation reject-secrets no-color debug help"))
    ])

    private static let az: ImageProgram = {
        var commands = [
            "container create", "containerapp create", "containerapp update", "containerapp up",
            "containerapp job create",
        ].map { ImageCommand($0, .none).with(images: ["image", "i"]) }
        commands.append(ImageCommand("acr import", .none).with(images: ["source"]))
        commands.append(
            ImageCommand("acr build", .none, options: CommandOptions("no-logs no-push no-wait no-format")).building(
                BuildOptions(looksInContext: true), made: ["image", "t"]))
        for verb in ["webapp create", "webapp config container set", "functionapp create"] {
            commands.append(
                ImageCommand(verb, .none).with(images: [
                    "deployment-container-image-name", "container-image-name", "image", "docker-custom-image-name", "i",
                ]))
        }
        return ImageProgram(commands)
    }()

    private init(_ commands: [ImageCommand], anyCommand: ImageCommand? = nil) {
        self.init(CommandOptions(""), commands)
        self.anyCommand = anyCommand
    }
}
