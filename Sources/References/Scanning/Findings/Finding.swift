// SPDX-License-Identifier: Apache-2.0

package import OCI

/// One reference found in a file: its text, its meaning, and the bytes that would have to change.
///
/// A finding has many fields, and is handed on and sorted often: a copy shares them with the original until one of the two
/// is changed.
package struct Finding: Hashable, Sendable {
    package var kind: FindingKind {
        get { fields.kind }
        _modify { yield &fields.kind }
    }
    /// The bytes of `text` in the file. They hold the reference, or the variable or alias that stands for it.
    package var range: Range<Int> {
        get { fields.range }
        _modify { yield &fields.range }
    }
    /// The text in the file.
    package var text: String {
        get { fields.text }
        _modify { yield &fields.text }
    }
    package var meaning: Meaning {
        get { fields.meaning }
        _modify { yield &fields.meaning }
    }
    /// The bytes that decide the reference, by field. Empty if no bytes of this file decide it.
    package var parts: [ReferencePart] {
        get { fields.parts }
        _modify { yield &fields.parts }
    }
    /// The end of the name, after its `hub`. It is written in another place and does not change.
    package var nameEnd: String? {
        get { fields.nameEnd }
        _modify { yield &fields.nameEnd }
    }
    /// The resource that contains the reference, if the file names one.
    package var owner: ResourceOwner? {
        get { fields.owner }
        _modify { yield &fields.owner }
    }
    /// The digest that a cluster reports as running for this reference.
    package var running: Digest? {
        get { fields.running }
        _modify { yield &fields.running }
    }
    /// A text that looks like a reference, in a place that is not known to hold one.
    package var isGuess: Bool {
        get { fields.isGuess }
        _modify { yield &fields.isGuess }
    }
    /// A build in this tree makes the image, so it is not pulled.
    package var isBuilt: Bool {
        get { fields.isBuilt }
        _modify { yield &fields.isBuilt }
    }
    /// A container's image, or that of an image volume. `images` of kustomizations replace those in resources of all
    /// kinds, and nothing else.
    package var isOfContainer: Bool {
        get { fields.isOfContainer }
        _modify { yield &fields.isOfContainer }
    }
    /// The name of the container whose image it is, with that of a variable that holds the image: `NAME/VARIABLE`.
    package var container: String? {
        get { fields.container }
        _modify { yield &fields.container }
    }
    /// A patch compares the text with an image. It pulls nothing, and has to stay the same as the image.
    package var isCompared: Bool {
        get { fields.isCompared }
        _modify { yield &fields.isCompared }
    }
    /// Images in the same document find the image by its name.
    package var isSought: Bool {
        get { fields.isSought }
        _modify { yield &fields.isSought }
    }
    /// The place may hold an image, or the name of a container that another file of the pipeline describes.
    package var mayNameContainer: Bool {
        get { fields.mayNameContainer }
        _modify { yield &fields.mayNameContainer }
    }
    /// Only an image that is on the machine already is used: `imagePullPolicy: Never`.
    package var isNeverPulled: Bool {
        get { fields.isNeverPulled }
        _modify { yield &fields.isNeverPulled }
    }
    /// The variables that the reference is composed of, besides the bytes of `parts`.
    package var deciders: [Decider] {
        get { fields.deciders }
        _modify { yield &fields.deciders }
    }
    /// What people have to do instead, if a changed name alone would break what the file does. nil: it would not.
    package var advice: String? {
        get { fields.advice }
        _modify { yield &fields.advice }
    }
    /// What people have to look at after the name has changed. nil: nothing.
    package var remark: String? {
        get { fields.remark }
        _modify { yield &fields.remark }
    }

    private struct Fields: Hashable, Sendable {
        var kind: FindingKind
        var range: Range<Int>
        var text: String
        var meaning: Meaning
        var parts: [ReferencePart]
        var nameEnd: String?
        var owner: ResourceOwner?
        var running: Digest?
        var isGuess = false
        var isBuilt = false
        var isOfContainer = false
        var container: String?
        var isCompared = false
        var isSought = false
        var mayNameContainer = false
        var isNeverPulled = false
        var deciders: [Decider] = []
        var advice: String?
        var remark: String?
    }

    @CopiedOnWrite private var fields: Fields

    package init(
        kind: FindingKind, range: Range<Int>, text: String, meaning: Meaning, parts: [ReferencePart],
        owner: ResourceOwner? = nil
    ) {
        fields = Fields(kind: kind, range: range, text: text, meaning: meaning, parts: parts, owner: owner)
    }

    /// The meaning of a found text.
    package enum Meaning: Hashable, Sendable {
        /// The reference after defaults and variables are filled in.
        case reference(Reference)
        /// The reference is not known. Holds the name of the variable without a value, or the text that is not a
        /// reference.
        case unresolved(String)
    }

    /// Whether two readings of a file found the same kind and meaning in the same place.
    package func saysSame(as other: Finding) -> Bool {
        kind == other.kind && range == other.range && meaning == other.meaning
    }

    /// The variable before the image's name, if it is empty: `${REGISTRY:-}acme/app`.
    package var emptyFront: String? {
        guard text.hasPrefix("$"), reference != nil,
            let name = parts.first(where: { [.reference, .name].contains($0.field) }),
            name.range.lowerBound > range.lowerBound,
            name.range.upperBound <= range.upperBound
        else { return nil }
        let front = String(decoding: text.utf8.prefix(name.range.lowerBound - range.lowerBound), as: UTF8.self)
        return front.hasSuffix("}") || front.hasSuffix(")") ? front : nil
    }

    /// Whether a field of `parts` holds the name or a part of it.
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
    case npm
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

/// The resource that owns a reference, as a cluster names it.
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

/// The bytes of a file that hold one field of a reference.
package struct ReferencePart: Hashable, Sendable {
    package enum Field: String, Hashable, Sendable {
        /// The whole reference: `host/path:tag@digest`.
        case reference
        /// The registry alone (Helm's `registry`).
        case registry
        /// The path below the registry, or the end of the name after a `hub`. Occurs only together with one of them.
        case repository
        /// The registry and the first part of the path. The rest is in a `repository` part, which does not change.
        case hub
        /// Registry and path, without tag and digest.
        case name
        /// A tag, or `tag@digest` if the file writes both in one field.
        case tag
        case digest
    }

    package var field: Field
    /// Empty if the field is absent and can be inserted.
    package var range: Range<Int>
    /// The current value of the field. nil: the field is absent.
    package var value: String?
    /// How a new value must be written here.
    package var style: Style
    /// The text to write around the value when it is inserted (`range` is empty), with line break and indentation.
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

/// Bytes of a file that decide something in addition to the images that are found in it.
package struct SharedBytes: Hashable, Sendable {
    package enum Use: Hashable, Sendable {
        /// They are part of the name of an image that is made here.
        case product
        /// They are part of something else, such as the address that a user logs in to. Then only a beginning that several
        /// names share (`hub`, `registry`) must not change.
        case other
        /// A file adds a part of its own to them. Then no part of the name may change.
        case part(ofNameIn: String)
        /// They are in the name of an image of which another part has no value. What becomes of it is not known, so no part
        /// of the name may change.
        case openImage
    }

    package var range: Range<Int>
    package var use: Use

    /// All pieces of a text that are in the file.
    static func all(of text: TracedText, _ use: Use) -> [SharedBytes] {
        text.pieces.map { SharedBytes(range: $0, use: use) }
    }

    /// The pieces of an open image's text that are in other places of the file.
    ///
    /// - Parameter text: the text with the values that are known.
    static func beside(_ written: TracedText, of text: TracedText) -> [SharedBytes] {
        let own = written.coveringRange ?? 0..<0
        return all(of: text, .openImage).filter { !own.overlaps($0.range) }
    }
}
