// SPDX-License-Identifier: Apache-2.0

/// Programs that copy, sign and examine images of registries, or run them in other ways.
extension ImageProgram {
    static let tools: [String: ImageProgram] = [
        "regctl": regctl, "oras": oras, "cosign": cosign, "syft": examiner, "grype": examiner,
        "apptainer": apptainer, "singularity": apptainer,
        "kn": ImageProgram(
            CommandOptions(""),
            ["service create", "service update", "service apply", "source container create"].map {
                ImageCommand($0, .none).with(images: ["image"])
            }),
    ]

    /// github.com/regclient/regclient, "regctl": options without a value.
    private static let regctl: ImageProgram = {
        let options = CommandOptions(
            "digest-tags fast force-recursive include-external local referrers require-digest replace", letters: "")
        let read = ["check-base", "config", "digest", "export", "get-file", "inspect", "manifest", "ratelimit"]
        return ImageProgram(
            CommandOptions(""),
            [ImageCommand("image copy", .firstMakesSecond, options: options)]
                + read.map { ImageCommand("image " + $0, .first, options: options) }
                + ["get", "head", "diff"].map { ImageCommand("manifest " + $0, .first, options: options) })
    }()

    /// oras.land/docs, "oras pull" and similar pages: options without a value.
    private static let oras: ImageProgram = {
        let options = CommandOptions(
            "debug include-subject insecure keep-old-files no-tty oci-layout plain-http pretty recursive verbose",
            letters: "drvk")
        return ImageProgram(
            options,
            [
                ImageCommand("copy", .firstMakesSecond, options: options),
                ImageCommand("cp", .firstMakesSecond, options: options),
            ]
                + ["pull", "discover", "manifest fetch", "manifest fetch-config", "resolve"].map {
                    ImageCommand($0, .first, options: options)
                })
    }()

    /// docs.sigstore.dev, "cosign": options without a value.
    private static let cosign: ImageProgram = {
        let options = CommandOptions(
            "allow-http-registry allow-insecure-registry insecure-ignore-sct insecure-ignore-tlog local-image offline "
                + "recursive verbose yes force", letters: "dryf")
        return ImageProgram(
            options,
            [ImageCommand("copy", .firstMakesSecond, options: options)]
                + ["verify", "verify-attestation", "tree", "triangulate", "download sbom", "download attestation"].map {
                    ImageCommand($0, .first, options: options)
                })
    }()

    /// github.com/anchore, "syft" and "grype". They are also given folders and archives, so that only a name with a
    /// host is an image.
    private static let examiner = ImageProgram(
        CommandOptions(""),
        [
            ImageCommand("", .registryImages, options: CommandOptions("quiet verbose only-fixed by-cve", letters: "qv"))
        ])

    /// apptainer.org/docs, "apptainer exec" and similar pages. Other addresses lead to files and to other libraries.
    private static let apptainer: ImageProgram = {
        let options = CommandOptions(
            "cleanenv contain containall fakeroot force no-home nv rocm unsquash userns writable writable-tmpfs",
            letters: "ecCfFuw")
        let run = ["exec", "run", "shell", "test"].map { verb in
            ImageCommand(verb, .first, options: options).with(prefix: "docker://")
        }
        let made = ["pull", "build"].map { verb in
            ImageCommand(verb, .all, options: options).with(prefix: "docker://")
        }
        return ImageProgram(CommandOptions(""), run + made)
    }()
}
