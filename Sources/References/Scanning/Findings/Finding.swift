// SPDX-License-Identifier: Apache-2.0

package import OCI

/// One reference found in a file: its text, its meaning, and the bytes that would have to change.
package struct Finding: Hashable, Sendable {
    package var kind: FindingKind
    /// Bytes of the file that `text` is; they hold the reference, or the variable or alias that stands for it.
    package var range: Range<Int>
    /// The text in the file.
    package var text: String
    package var meaning: Meaning
    /// The bytes that decide the reference, by field; empty where no bytes of this file do.
    package var parts: [ReferencePart]
    /// The part of the name after its `hub`, which is somewhere else and stays.
    package var nameEnd: String?
    /// The resource this was found in, where the file says so.
    package var owner: ResourceOwner?
    /// What a cluster says runs for this reference.
    package var running: Digest?
    /// A cluster speaks of this place, and does not show that this is what runs there.
    package var runsUnproven = false
    /// A text that looks like a reference, in a place that is not known to hold one.
    package var isGuess = false
    /// A build in this tree makes the image, so it is not pulled.
    package var isBuilt = false
    /// The variables that the reference is composed of, besides the bytes of `parts`.
    package var deciders: [Decider] = []

    package init(
        kind: FindingKind, range: Range<Int>, text: String, meaning: Meaning, parts: [ReferencePart],
        owner: ResourceOwner? = nil
    ) {
        self.kind = kind
        self.range = range
        self.text = text
        self.meaning = meaning
        self.parts = parts
        self.owner = owner
    }

    /// The meaning of a found text.
    package enum Meaning: Hashable, Sendable {
        /// The reference after defaults and variables are filled in.
        case reference(Reference)
        /// There is no value: the name of the variable that lacks one, or the text that is no reference.
        case unresolved(String)
    }

    /// Whether two ways of reading a file found the same.
    package func saysSame(as other: Finding) -> Bool {
        kind == other.kind && range == other.range && meaning == other.meaning
    }

    /// Whether the bytes of `parts` are all of the name, or can be.
    var saysName: Bool { parts.contains { [.reference, .name, .hub, .repository].contains($0.field) } }

    package var reference: Reference? {
        if case .reference(let reference) = meaning { reference } else { nil }
    }

    package var unresolved: String? {
        if case .unresolved(let name) = meaning { name } else { nil }
    }
}

/// A variable that is a part of a reference.
package struct Decider: Hashable, Sendable {
    package var variable: String
    /// The file that contains its value; nil for the file itself.
    package var file: String?

    package init(_ variable: String, file: String? = nil) {
        self.variable = variable
        self.file = file
    }
}

/// What kind of text a reference was found in.
package enum FindingKind: String, Hashable, Sendable, CaseIterable {
    case dockerfileFrom = "dockerfile.from"
    case dockerfileCopy = "dockerfile.copy"
    case dockerfileMount = "dockerfile.mount"
    case dockerfileSyntax = "dockerfile.syntax"
    case kubernetes
    case kubernetesSetting = "kubernetes.setting"
    case kubernetesText = "kubernetes.text"
    case compose
    case kustomize
    case helmValues = "helm.values"
    case githubActions = "github.actions"
    case gitlabCI = "gitlab.ci"
    case cloudBuild = "cloudbuild"
    case circleCI = "circleci"
    case devcontainer
    case skaffold
    case jib
    case dockerMaven = "docker-maven"
    case ko
    case woodpecker
    case drone
    case vela
    case appveyor
    case buildkite
    case azurePipelines = "azure.pipelines"
    case bitbucket
    case travis
    case preCommit = "pre-commit"
    case taskfile
    case shell
    case makefile
    case dotenv
    case terraform
    case nomad
    case bake
    case jenkins
    case testcontainers
    case pulumi
    case bazel
    case tiltfile
    case jsonnet
    case cue
    case bicep
    case earthfile
    case quadlet
    case systemd
    case ansible
    case aws
    case azureResources = "azure.resources"
    case fly
    case render
    case kamal
    case copilot
    case werf
    case garden
    case buildpacks
    case concourse
    case semaphore
    case screwdriver
    case cirrus
    case codeBuild = "codebuild"
    case gitlabRunner = "gitlab.runner"
    case goreleaser
    case containerlab
    case molecule
    case kitchen
    case devfile
    case gitpod
    case cross
    case talos
    case rke
    case charm
    case batect
    case packer
    case linuxkit
    case crictl
    case just
    case act
    case distrobox
    case vagrant
    case dagger
    case dotnet
}

/// The owner of a reference, as a cluster names it.
package struct ResourceOwner: Hashable, Sendable {
    package var namespace: String?
    package var kind: String
    package var name: String?

    package init(namespace: String?, kind: String, name: String?) {
        self.namespace = namespace
        self.kind = kind
        self.name = name
    }
}

/// Bytes of a file that say one field of a reference.
package struct ReferencePart: Hashable, Sendable {
    package enum Field: String, Hashable, Sendable {
        /// All of it: `host/path:tag@digest`.
        case reference
        /// The registry alone (Helm's `registry`).
        case registry
        /// The path below the registry, or the end of the name behind a `hub`; only beside one of those.
        case repository
        /// The registry and the beginning of the path of a name. The rest is in a `repository` part, which stays as it is.
        case hub
        /// Registry and path, without tag and digest.
        case name
        /// A tag, or `tag@digest` where the file writes so.
        case tag
        case digest
    }

    package var field: Field
    /// Empty where the field is absent and may be inserted.
    package var range: Range<Int>
    /// What the bytes mean now; nil where the field is absent.
    package var value: String?
    /// How a new value must be written here.
    package var style: Style
    /// What to write around the value when it is inserted (`range` is empty), line break and indentation included.
    package var insertion: Insertion?

    package init(
        _ field: Field, _ range: Range<Int>, value: String?, style: Style = .bare, insertion: Insertion? = nil
    ) {
        self.field = field
        self.range = range
        self.value = value
        self.style = style
        self.insertion = insertion
    }

    package struct Insertion: Hashable, Sendable {
        package var before: String
        package var after: String

        package init(before: String, after: String = "") {
            self.before = before
            self.after = after
        }
    }

    /// What surrounds the bytes. The quotes themselves are outside of `range`.
    package enum Style: String, Hashable, Sendable {
        case bare
        case singleQuoted
        case doubleQuoted
        /// A block scalar's content.
        case block
    }
}

/// Bytes of a file that decide something besides the images that are found in it.
package struct SharedBytes: Hashable, Sendable {
    package var range: Range<Int>
    /// They are part of a name that is made here. Else of anything, like the address that somebody logs in to: then only a
    /// beginning that several names share must not become another one.
    package var isProduct: Bool
    /// The file that puts something of its own to them: then nothing of a name may change.
    package var file: String?

    /// The pieces of a text that stand in the file.
    static func all(of text: TracedText, isProduct: Bool) -> [SharedBytes] {
        text.pieces.map { SharedBytes(range: $0, isProduct: isProduct) }
    }
}
