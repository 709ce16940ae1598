// SPDX-License-Identifier: Apache-2.0

/// The keys at which the settings of one tool name images.
struct ImagePlaces: Sendable {
    /// A Dockerfile that is built, given by the key of its path.
    struct Build: Sendable {
        var file: KeyPattern
        /// The path from the folder of the settings to the folder at which paths begin.
        var base = ""
        /// The keys beside that of the file: for the folder that the file is in, and for the build arguments.
        var context = "context"
        var arguments = "args"
        /// The key beside that of the file for a list of options of the build command.
        var options = ""
        /// The file that is built if none is named, for settings in TOML.
        var fallback: String?
    }

    var images: [KeyPattern] = []
    /// The names of images that are built and not pulled.
    var products: [KeyPattern] = []
    var builds: [Build] = []
    /// Mappings of names to values that images may contain. A name with several values has none.
    var variables: [KeyPattern] = []
    /// The values of `driver.name` for which images are container images; empty if every image is.
    var drivers: Set<String> = []
    /// Whether the settings may contain container lists, and manifests as texts.
    var holdsManifests = false

    static func of(_ kind: FindingKind) -> ImagePlaces? { table[kind] }

    /// The places, each from the reference of its tool.
    private static let table: [FindingKind: ImagePlaces] = deployments.merging(pipelines) { $1 }.merging(machines) {
        $1
    }

    private static let deployments: [FindingKind: ImagePlaces] = [
        // fly.io/docs, "App configuration (fly.toml)".
        .fly: ImagePlaces(
            images: ["build.image"],
            builds: [Build(file: "build.dockerfile", context: "", arguments: "args", fallback: "Dockerfile")]),
        // render.com/docs, "Blueprint YAML Reference".
        .render: ImagePlaces(images: [
            "services.image.url", "projects.environments.services.image.url", "ungrouped.services.image.url",
        ]),
        // kamal-deploy.org/docs, "Accessories", "Builders" and, for version 1, "Traefik".
        .kamal: ImagePlaces(
            images: ["accessories.*.image", "traefik.image"], products: ["image"],
            builds: [Build(file: "builder.dockerfile", base: "../", context: "")]),
        // aws.github.io/copilot-cli, "Manifest".
        .copilot: ImagePlaces(
            images: ["image.location", "sidecars.*.image", "sidecars.*.image.location"].flatMap {
                [KeyPattern(stringLiteral: $0), KeyPattern(stringLiteral: "environments.*." + $0)]
            },
            builds: ["image.build", "image.build.dockerfile", "sidecars.*.image.build"].map {
                Build(file: KeyPattern(stringLiteral: $0), base: "../../")
            }),
        // werf.io/docs, "werf.yaml".
        .werf: ImagePlaces(images: ["from", "import.from"], products: ["image"], builds: [Build(file: "dockerfile")]),
        // docs.garden.io, "Action Type Reference" and "Module Template Reference".
        .garden: ImagePlaces(images: ["spec.image", "image"], products: ["spec.publishId"], holdsManifests: true),
        // buildpacks.io/docs, "project.toml" and "builder.toml".
        .buildpacks: ImagePlaces(images: [
            "build.image", "build.builder", "io.buildpacks.builder", "run.images.image", "run.images.mirrors",
            "stack.build-image", "stack.run-image", "stack.run-image-mirrors", "buildpacks.image", "extensions.image",
            "build.buildpacks.uri", "io.buildpacks.group.uri", "buildpacks.uri", "lifecycle.uri",
        ]),
    ]

    private static let pipelines: [FindingKind: ImagePlaces] = [
        // docs.semaphoreci.com, "Pipeline YAML reference".
        .semaphore: ImagePlaces(images: ["agent.containers.image", "blocks.task.agent.containers.image"]),
        // docs.screwdriver.cd, "Configuration Overview".
        .screwdriver: ImagePlaces(images: ["shared.image", "jobs.*.image"]),
        // cirrus-ci.org, "Dockerfile as a CI environment". For the images see `PipelineShape`.
        .cirrus: ImagePlaces(
            images: [],
            builds: Self.cirrus("dockerfile").map { Build(file: $0, context: "", arguments: "docker_arguments") },
            variables: ["env", "*.env", "*.matrix.env", "*.*.env", "env.matrix"]),
        // docs.gitlab.com/runner, "Advanced configuration".
        .gitlabRunner: ImagePlaces(images: [
            "runners.docker.image", "runners.docker.helper_image", "runners.docker.services.name",
            "runners.kubernetes.image", "runners.kubernetes.helper_image", "runners.kubernetes.services.name",
        ]),
        // goreleaser.com, "ko", "Docker images" and "Docker manifests".
        .goreleaser: ImagePlaces(
            images: ["kos.base_image"],
            products: ["dockers.image_templates", "docker_manifests.name_template", "dockers_v2.images"],
            builds: [
                Build(file: "dockers.dockerfile", context: "", arguments: "", options: "build_flag_templates"),
                Build(file: "dockers_v2.dockerfile", context: "", arguments: "build_args", options: "flags"),
            ]),
    ]

    private static let machines: [FindingKind: ImagePlaces] = [
        // containerlab.dev, "Topology definition".
        .containerlab: ImagePlaces(images: [
            "topology.defaults.image", "topology.kinds.*.image", "topology.groups.*.image", "topology.nodes.*.image",
        ]),
        // ansible.readthedocs.io/projects/molecule, "Configuration".
        .molecule: ImagePlaces(images: ["platforms.image"], drivers: ["docker", "podman", "containers", "default"]),
        // kitchen.ci/docs, "kitchen-dokken" and "kitchen-docker".
        .kitchen: ImagePlaces(
            images: ["driver.image", "driver.chef_image", "platforms.driver.image", "suites.driver.image"],
            drivers: ["docker", "dokken", "docker_cli", "podman"]),
        // devfile.io/docs, "Devfile schema".
        .devfile: ImagePlaces(
            images: ["components.container.image"], products: ["components.image.imageName"],
            builds: [Build(file: "components.image.dockerfile.uri", context: "", arguments: "")], holdsManifests: true),
        // gitpod.io/docs, ".gitpod.yml reference".
        .gitpod: ImagePlaces(images: ["image"], builds: [Build(file: "image.file", arguments: "")]),
        // github.com/cross-rs/cross, docs/config_file.md.
        .cross: ImagePlaces(
            images: ["target.*.image", "target.*.image.name"],
            builds: ["target.*.dockerfile", "target.*.dockerfile.file"].map {
                Build(file: KeyPattern(stringLiteral: $0), context: "", arguments: "build-args")
            }),
        // talos.dev, "MachineConfig", "Cluster Config" and "UnattendedInstallConfig".
        .talos: ImagePlaces(
            images: [
                "machine.install.image", "machine.install.extensions.image", "machine.kubelet.image",
                "cluster.apiServer.image",
                "cluster.controllerManager.image", "cluster.scheduler.image", "cluster.proxy.image",
                "cluster.etcd.image", "cluster.coreDNS.image", "image", "installer.image",
            ], holdsManifests: true),
        // rke.docs.rancher.com, "System Images".
        .rke: ImagePlaces(images: ["system_images.*"]),
        // batect.dev/docs, "Containers".
        .batect: ImagePlaces(
            images: ["containers.*.image"],
            builds: [Build(file: "containers.*.dockerfile", context: "build_directory", arguments: "build_args")]),
        // developer.hashicorp.com/packer, "Docker Builder", in JSON.
        .packer: ImagePlaces(images: ["builders.image"]),
        // github.com/linuxkit/linuxkit, docs/yaml.md.
        .linuxkit: ImagePlaces(images: [
            "kernel.image", "init", "onboot.image", "onshutdown.image", "services.image", "volumes.image",
        ]),
        // github.com/kubernetes-sigs/cri-tools, docs/crictl.md, "container-config.json".
        .crictl: ImagePlaces(images: ["image.image"]),
        // documentation.ubuntu.com/charmcraft, "resources".
        .charm: ImagePlaces(images: ["resources.*.upstream-source"]),
    ]

    /// The containers at the top level, of a task, and of a matrix.
    private static func cirrus(_ key: String) -> [KeyPattern] {
        ["container", "arm_container", "windows_container"].flatMap { container in
            ["", "*.", "*.matrix.", "matrix."].map { KeyPattern(stringLiteral: $0 + container + "." + key) }
        }
    }
}
