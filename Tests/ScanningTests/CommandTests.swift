// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What commands are given as images.
@Suite struct CommandTests {
    @Test(arguments: [
        "DOCKER=\"sudo docker\"\n$DOCKER pull quay.io/a/1:1\n", "RUN=\"docker run --rm\"\n$RUN quay.io/a/1:1 x\n",
        "CONTAINER_ENGINE=\"sudo podman\"\n${CONTAINER_ENGINE} run -d quay.io/a/1:1\n",
        "if command -v podman; then E=podman; else E=docker; fi\n$E pull quay.io/a/1:1\n",
        "RUN=\"docker run --rm -v $PWD:/x -u $(id -u)\"\n$RUN quay.io/a/1:1 x\n",
        "E=$1\nE=/usr/bin/docker\n$E pull quay.io/a/1:1\n", "SSH=\"ssh host\"\n$SSH 'docker pull quay.io/a/1:1'\n",
    ])
    func `a variable may hold a command with words of its own, or one of several programs`(text: String) {
        #expect(references(text, as: "a.sh") == ["quay.io/a/1:1"])
    }

    @Test(arguments: [
        ("IMGS=\"a/b:1 a/c:2\"\necho \"$IMGS\" | xargs -L1 docker pull\n", ["a/b:1", "a/c:2"]),
        ("printf '%s\\n' a/b:1 'a/c:2' | sudo xargs -n1 docker pull\n", ["a/b:1", "a/c:2"]),
        ("echo a/b:1 a/c:2 | xargs -I{} docker run --rm {} true\n", ["a/b:1", "a/c:2"]),
        ("echo 'a/b:1 a/c:2' | xargs -r -P 4 -n 1 docker pull\n", ["a/b:1", "a/c:2"]),
        ("docker ps | xargs docker pull\n", []), ("echo a/b:1 | xargs echo docker pull\n", []),
        ("echo a/b:1 | xargs\n", []), ("echo a/b:1 | xargs -I\n", []),
    ]) func `commands that xargs makes of what is printed take it as images`(text: String, expected: [String]) {
        #expect(references(text, as: "a.sh") == expected)
    }

    @Test(arguments: ["`# ports` -p 80:80", "-d `# it's a comment`", "-d `#` `# $(x)`"])
    func `a comment in backquotes is no word`(options: String) {
        #expect(references("docker run \\\n  \(options) \\\n  quay.io/a/1:1\n", as: "a.sh") == ["quay.io/a/1:1"])
    }

    @Test(arguments: [
        #"--overrides='{"spec":{"containers":[{"name":"x","image":"quay.io/a/2:1"}]}}'"#,
        #"--overrides '{"spec":{"containers":[{"name":"x","image":"quay.io/a/2:1"}]}}'"#,
        #"--overrides="{\"spec\":{\"containers\":[{\"name\":\"$NAME\",\"image\":\"quay.io/a/2:1\"}]}}""#,
    ])
    func `what a pod is overridden with names images, too`(option: String) {
        let command = "kubectl run x --image=quay.io/a/1:1 \(option)\n"
        #expect(references(command, as: "a.sh") == ["quay.io/a/1:1", "quay.io/a/2:1"])
        #expect(references("x:\n\t" + command, as: "Makefile") == ["quay.io/a/1:1", "quay.io/a/2:1"])
        #expect(references("x:\n    " + command, as: "justfile") == ["quay.io/a/1:1", "quay.io/a/2:1"])
    }

    private static let handed = """
        kubectl apply -f - <<EOF
        kind: Pod
        apiVersion: v1
        spec:
          containers:
          - image: quay.io/a/1:1
        EOF

        """

    @Test(arguments: [
        ("Jenkinsfile", "node { sh '''\n", "''' }\n"), ("a.sh.tpl", "", ""), ("a.sh.tpl", "docker run {{ x }}\n", ""),
        ("Vagrantfile", "config.vm.provision \"shell\", inline: <<-SHELL\n", "  SHELL\nend\n"),
    ]) func `a manifest that a command is handed is read in whatever file the command stands`(
        file: String, before: String, behind: String
    ) {
        #expect(references(before + Self.handed + behind, as: file).contains("quay.io/a/1:1"))
    }

    @Test(arguments: ["-v a:b", "--network host", "-t"])
    func `options that a variable holds are no image, and what follows is`(options: String) {
        let text = "O=\"\"\n[ -t 1 ] && O=\"\(options)\"\ndocker run --rm $O fedora sh\n"
        #expect(references(text, as: "a.sh") == ["fedora"])
        let make = "ifeq ($(X),1)\nO=\(options)\nelse\nO=\nendif\nx:\n\tdocker run $(O) --rm fedora sh -c \"cp a b\"\n"
        #expect(references(make, as: "Makefile") == ["fedora"])
    }

    @Test(arguments: [
        "docker run $RUNNER registry generate --param tag=$TAG\n",
        "docker run $(cat deps) build --label version=$TAG\n",
        "docker run $TOOL clone https://github.com/a/b $REPO\n", "docker run $TOOL src/main.go\n",
        "docker run $TOOL lint ./a docs/b\n",
    ]) func `of what follows an open variable only the first word can be the image`(text: String) {
        #expect(references(text, as: "a.sh").filter { !$0.hasPrefix("?") } == [])
    }

    @Test(arguments: ["acme/app:$VERSION", #"acme/app:"${version}""#, "quay.io/acme/app:v$1"])
    func `options without a value stand before a name whose tag is filled in`(image: String) {
        let text =
            "ARGS=\"-e A=\"${a}\" -e B=\"${b}\" \"\nARGS+=\" -e C=${c} \"\ndocker run $ARGS -v a:b \(image) run\n"
        #expect(scanned(text, as: "a.sh").findings.map(\.text) == [image])
    }

    @Test func `options without a value stand before an image that is one whatever stands before it`() {
        #expect(references("docker run $OPTIONS quay.io/a/b:1 c/d\n", as: "a.sh") == ["quay.io/a/b:1"])
        #expect(references("docker run $A $B -e X=1 quay.io/a/b:1 x\n", as: "a.sh") == ["quay.io/a/b:1"])
    }

    @Test(arguments: [
        "D=$(which docker || which podman)\n$D run quay.io/a/b:1\n", "\"$(which docker)\" run quay.io/a/b:1\n",
        "$(command -v podman) run quay.io/a/b:1 x\n",
    ]) func `a program that is looked for is the one that runs`(text: String) {
        #expect(references(text, as: "a.sh") == ["quay.io/a/b:1"])
        #expect(references("kill $(docker ps -q)\necho $(docker images) run quay.io/a/b:1\n", as: "a.sh") == [])
    }

    @Test(arguments: ["$(shell which docker)", "$(shell command -v docker)", "$(shell docker version && echo docker)"])
    func `a makefile's program may be looked for`(value: String) {
        #expect(
            references("D := \(value)\nx:\n\t$(D) run --rm quay.io/a/b:1 go\n", as: "Makefile") == ["quay.io/a/b:1"])
        let image =
            "IMG := $(shell cat deps)\nDP := docker run --rm $(IMG)\nPIP := venv/bin/pip\nx:\n\t$(DP) $(PIP) install y\n"
        #expect(references(image, as: "Makefile") == ["?IMG"])
    }

    @Test(arguments: [
        (
            "docker run --mount type=image,source=quay.io/a/m:1,target=/x quay.io/a/r:1",
            ["quay.io/a/m:1", "quay.io/a/r:1"]
        ),
        ("podman run --mount=type=image,src=quay.io/a/m:1,dst=/x quay.io/a/r:1", ["quay.io/a/m:1", "quay.io/a/r:1"]),
        ("podman run --mount \"type=image,src=quay.io/a/m:1\" quay.io/a/r:1", ["quay.io/a/m:1", "quay.io/a/r:1"]),
        ("docker run --mount type=bind,source=/a/m,target=/x quay.io/a/r:1", ["quay.io/a/r:1"]),
        ("buildah copy --from quay.io/a/m:1 $c /a /b", ["quay.io/a/m:1"]),
        ("buildah add --from=quay.io/a/m:1 $c /a /b", ["quay.io/a/m:1"]),
        ("buildah copy --from=builder $c /a /b", []), ("buildah copy --from=\"$builder\" $c /a /b", []),
        ("docker buildx create --driver-opt network=host,image=quay.io/a/m:1 --name c --use", ["quay.io/a/m:1"]),
        (
            "docker buildx create --use --driver-opt=network=host --driver-opt \"image=quay.io/a/m:1\"",
            ["quay.io/a/m:1"]
        ),
        ("podman pod create --infra-image quay.io/a/m:1 --name p", ["quay.io/a/m:1"]),
    ])
    func `images that are mounted, or copied from, count`(command: String, expected: [String]) {
        #expect(references(command + "\n", as: "a.sh") == expected)
    }

    @Test(arguments: [
        ("type=image,source=quay.io/a/m:1,destination=/x", ["quay.io/a/q:1", "quay.io/a/m:1"]),
        ("type=image,source=own.image,destination=/x", ["quay.io/a/q:1"]),
        ("type=bind,source=/a,destination=/x", ["quay.io/a/q:1"]),
    ])
    func `so do those that a quadlet mounts`(mount: String, expected: [String]) {
        let text = "[Container]\nImage=quay.io/a/q:1\nMount=\(mount)\n"
        #expect(references(text, as: "q.container") == expected)
    }

    @Test func `what is printed or quoted is no command, though it names a program`() {
        let text = "T=\"docker pull quay.io/a/1:1\"\necho $T\nlog \"$T\"\n\"$T\"\n"
        #expect(references(text, as: "a.sh") == [])
    }

    @Test(arguments: [
        ("a.sh", "c=$(buildah from scratch)\ndocker pull scratch\n"), ("a.yaml", pod("scratch")),
        (
            "T.java",
            "import org.testcontainers.x;\nclass T { Object d = f().withDockerfileFromBuilder(b -> b.from(\"scratch\")); }\n"
        ),
        ("Dockerfile", "FROM scratch\n"), ("Earthfile", "VERSION 0.8\na:\n  FROM scratch\n"),
    ]) func `scratch is the name of no image anywhere`(file: String, text: String) {
        #expect(references(text, as: file) == [])
    }

    @Test(arguments: [
        (
            "pack build app --builder quay.io/a/b:1 --run-image=quay.io/a/r:1 --path .",
            ["quay.io/a/b:1", "quay.io/a/r:1"]
        ),
        ("pack build quay.io/me/app -B quay.io/a/b:1 --publish", ["quay.io/a/b:1"]),
        ("pack config default-builder quay.io/a/b:1", ["quay.io/a/b:1"]),
        ("pack builder create quay.io/me/b:1 --config builder.toml", []),
        ("pack build app -B quay.io/a/b:1\ndocker run app", ["quay.io/a/b:1"]),
    ]) func `what buildpacks build with is pulled, and what they build is not`(command: String, expected: [String]) {
        #expect(references(command + "\n", as: "a.sh") == expected)
    }

    private static let json = #"{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"quay.io/a/1:1"}]}}"#

    @Test(arguments: [
        #"kubectl patch deploy x -p '{"spec":{"template":{"spec":{"containers":[{"image":"quay.io/a/1:1"}]}}}}'"#,
        #"oc patch d x --type=json --patch='[{"op":"replace","path":"/spec/containers/0/image","value":"quay.io/a/1:1"}]'"#,
        "kubectl -n x patch deploy x --patch \"spec:\n  containers:\n  - image: quay.io/a/1:1\"",
        "echo '\(json)' | kubectl apply -f -", "echo '\(json)' | envsubst | kubectl --context x apply -f-",
        #"printf 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: quay.io/a/1:1\n' | kubectl create -f -"#,
        "if ! echo '\(json)' | kubectl apply -f - || true; then x; fi",
    ]) func `a manifest as a word, or as what a command prints for another one, is read`(command: String) {
        #expect(references(command + "\n", as: "a.sh") == ["quay.io/a/1:1"])
    }

    @Test(arguments: ["|| kubectl apply -f -", "| jq .", "; kubectl apply -f -", "| kubectl apply -f x.yaml"])
    func `a manifest that is printed for nothing that takes one is not read`(rest: String) {
        #expect(references("echo '\(Self.json)' \(rest)\n", as: "a.sh") == [])
    }

    @Test(arguments: [
        "O=\"\"\nfor d in a b; do O=\"${O} -v $d:/$d\"; done\ndocker run --rm ${O} fedora sh",
        "O=\"-v $HOME:/x\"\ndocker run $O fedora", "O+=\" -e X=$Y\"\ndocker run $O fedora",
        "O=(--rm -v \"$PWD:/x\")\nO+=(-e A=B)\ndocker run \"${O[@]}\" fedora bash",
        "O=()\ndocker run \"${O[@]}\" fedora",
    ]) func `options that a variable or a list is made longer by are no image, and what follows is`(text: String) {
        #expect(references(text + "\n", as: "a.sh") == ["fedora"])
    }

    @Test(arguments: [
        ("IMG=fedora\ndocker run \"${O[@]}\" \"${IMG}\" sh", ["fedora"]),
        ("docker run \"${O[@]}\" \"${NAME}\" sh", ["?NAME"]), ("docker run \"${O[@]}\" bash x", ["?O"]),
        ("O=(-it fedora)\ndocker run \"${O[@]}\" sh", ["fedora"]),
    ]) func `a list that nothing is known of is not an image where a variable follows`(text: String, expected: [String])
    {
        #expect(references(text + "\n", as: "a.sh") == expected)
    }

    @Test func `what is added to a list is one of its images`() {
        let text = "L=(quay.io/a/1:1)\nL+=(quay.io/a/2:1)\nfor i in \"${L[@]}\"; do docker pull \"$i\"; done\n"
        #expect(references(text, as: "a.sh") == ["quay.io/a/1:1", "quay.io/a/2:1"])
    }

    @Test(arguments: [
        "cat > values.yaml <<EOF\n%EOF\n", "helm install a ./a -f - <<EOF\n%EOF\n",
        "cat <<EOF | helm upgrade a ./a --values -\n%EOF\n",
    ])
    func `variables that are a field of an image in a chart's values have their values`(_ command: String) {
        let values =
            "image:\n  repository: ${REPO}\n  tag: \"$TAG\"\nb:\n  image: {repository: q.io/b, tag: '1'}\n"
            + "c:\n  image:\n    registry: ${HUB:-q.io}\n    repository: acme/c\n    tag: $TAG\n"
        let text = "REPO=q.io/a\nTAG=2\n" + command.replacing("%", with: values)
        #expect(references(text, as: "a.sh").sorted() == ["q.io/a:2", "q.io/acme/c:2", "q.io/b:1"])
        let build = "docker build -t $REPO:$TAG .\n"
        #expect(references(text + build, as: "a.sh").sorted() == ["q.io/acme/c:2", "q.io/b:1"])
    }

    @Test func `an unbalanced quote in a makefile is told where it hides a command`() {
        let text = "ifeq '$(findstring ;,$(PATH))' ';'\nX := 1\nendif\nx:\n\techo it's\n\tdocker pull quay.io/a/1:1\n"
        #expect(references(text, as: "Makefile") == ["quay.io/a/1:1"])
        #expect(scanned(text, as: "Makefile").problems == [])
        #expect(scanned("x:\n\techo it's; docker pull a\n", as: "Makefile").problems.count == 1)
    }

    @Test func `a manifest that a makefile defines is read, line by line as it stands`() {
        let text = "define POD\nkind: Pod\napiVersion: v1\nspec:\n  containers:\n  - image: quay.io/a/1:1\n"
        #expect(references(text + "  - image: quay.io/a/2:$(V)\nendef\n", as: "Makefile") == ["quay.io/a/1:1", "?V"])
    }

    @Test(arguments: [
        ("$(call P,quay.io/a/1:1)", ["quay.io/a/1:1"]), ("$(call P, quay.io/a/$(N):2)", ["quay.io/a/n:2"]),
        ("$(foreach i,quay.io/a/1:1 quay.io/a/2:1,docker pull $(i);)", ["?1", "quay.io/a/1:1", "quay.io/a/2:1"]),
        ("$(foreach i,$(L),$(call P,$(i)))", ["quay.io/a/l:1", "quay.io/a/m:1"]),
        ("$(call Q,quay.io/a/1:1)", ["?1"]), ("$(call P)", ["?1"]),
        ("$(foreach i,1 2,docker pull quay.io/a/b:$(i);)", ["?1", "quay.io/a/b:1", "quay.io/a/b:2"]),
        ("$(foreach i,a)", ["?1"]), ("$(call", ["?1"]),
    ]) func `make's functions run their text with what they are given`(recipe: String, found: [String]) {
        let text =
            "L := quay.io/a/l:1 quay.io/a/m:1\nN = n\ndefine P\n\t@docker pull \\\n\t  $(1)\nendef\nx:\n\t\(recipe)\n"
        #expect(references(text, as: "Makefile").sorted() == found)
    }

    @Test func `make's variables are filled in where they are used, also those of one target`() {
        let text =
            "I = quay.io/a/b:$(V)\nV = 1\nB ?= quay.io/a/c:1\nx y: B = quay.io/a/c:2\nx:\n\tdocker pull $(I)\n\tdocker pull $(B)\n"
        #expect(references(text, as: "Makefile").sorted() == ["quay.io/a/b:1", "quay.io/a/c:1", "quay.io/a/c:2"])
    }

    @Test(arguments: [
        "gcloud compute instances create-with-container vm --container-image quay.io/a/1:1",
        "gcloud beta compute instances update-container vm --container-image=quay.io/a/1:1",
        "fly launch --copy-config --image quay.io/a/1:1", "flyctl machine run quay.io/a/1:1 --name x",
    ]) func `what clouds are told to run is an image`(command: String) {
        #expect(references(command + "\n", as: "a.sh") == ["quay.io/a/1:1"])
    }

    @Test(arguments: [
        "docker run #{I}", "docker run --name #{name} quay.io/a/1:1",
    ]) func `a Vagrantfile's names have their values in its scripts`(script: String) {
        let text = "I = 'quay.io/a/1:1'\nVagrant.configure('2') { |c| c.vm.provision 'shell', inline: \"\(script)\" }\n"
        #expect(references(text, as: "Vagrantfile") == ["quay.io/a/1:1"])
    }

    @Test func `the configuration of GitLab's runners is read where a chart or a resource holds it`() {
        let runners = "[[runners]]\n  [runners.kubernetes]\n    image = \"q.io/a:1\"\n    helper_image = \"q.io/b:1\"\n"
        let block = "|\n" + runners.split(separator: "\n").map { "    " + $0 + "\n" }.joined()
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  config.toml: "
        #expect(references(map + block) == ["q.io/a:1", "q.io/b:1"])
        #expect(references("runners:\n  config: " + block, as: "values.yaml") == ["q.io/a:1", "q.io/b:1"])
    }

    @Test(arguments: [
        "withDockerContainer('q.io/a:1') { }", "withDockerContainer(image: 'q.io/a:1') { }",
        "def i = 'q.io/a:1'\npipeline { agent { docker i } }",
    ]) func `Jenkins' steps and agents take images and variables with them`(pipeline: String) {
        #expect(references(pipeline + "\n", as: "Jenkinsfile") == ["q.io/a:1"])
    }

    @Test func `Packer's provisioners run shell text`() {
        let text = "build {\n provisioner \"shell\" {\n  inline = [\"docker pull q.io/a:1\"]\n }\n}\n"
        #expect(references(text, as: "a.pkr.hcl") == ["q.io/a:1"])
    }

    @Test func `a tag of several commands is open where an image is made of it`() {
        let text =
            "TAG := $(shell date +%Y)-$(shell git describe --tags)\nIMG = quay.io/a/x\nx:\n\tdocker pull $(IMG):$(TAG)\n"
        let found = scanned(text, as: "Makefile").findings
        #expect(found.map(\.text) == ["$(IMG):$(TAG)"])
        #expect(found.map(\.unresolved) == ["TAG"])
    }

    @Test(arguments: [
        "docker tag own:loaded acme/y", "docker save own:1 | gzip", "docker image inspect own",
        "docker rmi mcr.microsoft.com/a/b:1", "docker rmi own",
        "podman image rm -f own",
        "docker history own", "kind load docker-image own:1", "k3d image import own:1 -c x",
        "docker commit c1 acme/snap:1", "podman commit -m x c1 acme/snap:1", "docker container commit c1 acme/snap:1",
        "docker import rootfs.tar acme/x:1", "docker tag $1 acme/y", "docker run 0e5574283393",
        "podman manifest create acme/x:1", "docker manifest push acme/x:1", "docker save $(cat names)",
    ]) func `what a command only looks for on this machine, and what it makes, is no image to pull`(command: String) {
        #expect(references(command + "\n", as: "a.sh") == [])
    }

    @Test(arguments: [
        "docker tag quay.io/a/1:1 acme/y", "docker save -o x quay.io/a/1:1", "I=quay.io/a/1:1\ndocker save $I",
    ]) func `an image on this machine that names a registry comes from there`(command: String) {
        #expect(references(command + "\n", as: "a.sh") == ["quay.io/a/1:1"])
    }

    @Test func `an image on this machine with an open tag names its registry, too`() {
        #expect(references("docker save quay.io/a/1:$V > x\n", as: "a.sh") == ["?V"])
        #expect(references("docker tag $(echo a.b/c) x\n", as: "a.sh") == [])
    }

    @Test func `an image on this machine is the one that is pulled elsewhere in the text`() {
        let text =
            "docker pull redis:7\ndocker tag redis:7 own/redis\ndocker save redis:7 > x\ndocker rmi redis:7 other:1\n"
        #expect(references(text, as: "a.sh") == Array(repeating: "redis:7", count: 4))
    }

    @Test func `the name of a made image stays, however the rest of it is filled in`() {
        for made in [
            "img=$base:$V\ndocker build -t $img .", "podman build --manifest $base:7 .", "podman manifest push $base:8",
        ] {
            let result = scanned("base=quay.io/acme/own\ncrane ls $base\n\(made)\n", as: "a.sh")
            let place = result.findings.first?.range ?? 0..<0
            #expect(result.shared.contains { $0.use == .product && $0.range.overlaps(place) }, "\(made)")
        }
    }

    @Test(arguments: [
        ("I=quay.io/a/x:$V\ndocker pull $I", "$I", "V"), ("B=quay.io/a/x\ndocker run $B:$V", "$B:$V", "V"),
        ("V=$(get)\nB=quay.io/a/x\nI=\"$B:$V-slim\"\ndocker run \"${I}\"", "${I}", "V"),
    ]) func `only the tag of a name in a variable is open`(text: String, written: String, variable: String) {
        let found = scanned(text + "\n", as: "a.sh").findings
        #expect(found.map(\.text) == [written] && found.first?.unresolved == variable, "\(found)")
        #expect(found.first?.named?.reference?.asTyped == "quay.io/a/x", "\(found)")
    }

    @Test(arguments: [
        ("B=\"$C\"\ndocker run $B", "C"), ("B=$1\ndocker run $B", "B"), ("B=$(awk '{print $4}' x)\ndocker run $B", "B"),
        ("A=$X/y\nB=$A:1\ndocker run \"$B\"", "X"),
    ]) func `an open image names the innermost variable`(text: String, variable: String) {
        #expect(scanned(text + "\n", as: "a.sh").findings.map(\.unresolved) == [variable])
    }

    @Test func `a value from which another one is cut is still an image`() {
        let text =
            "X_IMAGE=quay.io/a/x@sha256:\(String(repeating: "a", count: 64))\nN=${X_IMAGE%%@*}\nmine tag ${X_IMAGE##*/}:1\n"
        #expect(scanned(text, as: "a.sh").findings.map(\.range.lowerBound) == [8])
    }

    @Test func `a list stands for its words, options and images alike`() {
        #expect(references("A=(--rm quay.io/a/x:1)\ndocker run \"${A[@]}\" true\n", as: "a.sh") == ["quay.io/a/x:1"])
        #expect(
            references("A=(-v $X:/x)\nA+=(-d)\ndocker run \"${A[@]}\" quay.io/a/x:1\n", as: "a.sh") == ["quay.io/a/x:1"]
        )
    }

    @Test func `a comment in backquotes ends with them`() {
        let text = "sh -c \"docker run quay.io/a/1:1 ls `# a comment`\"\ndocker run quay.io/a/2:1\n"
        #expect(references(text, as: "a.sh") == ["quay.io/a/1:1", "quay.io/a/2:1"])
        #expect(scanned(text, as: "a.sh").problems == [])
    }

    @Test(arguments: ["HELM", "HELM_BIN", "helm", "OC", "KUBECTL_CMD", "BUILDAH"])
    func `a variable that is called like a program holds it`(name: String) {
        let program = name.lowercased().prefix { $0 != "_" }
        let rest = [
            "helm": "upgrade x y --set image.repository=quay.io/a/x,image.tag=1", "buildah": "from quay.io/a/x:1",
        ]
        let command = rest[String(program)] ?? "run x --image=quay.io/a/x:1"
        #expect(references("a:\n\t$(\(name)) \(command)\n", as: "Makefile") == ["quay.io/a/x:1"])
    }

    @Test func `a package's scripts, and commands around a container's start, are shell text`() {
        let package = """
            {"name": "a", "docker": "docker run quay.io/a/0:1", "scripts": {
              "db": "docker run -d -e \\"A=b c\\" postgres:16", "x": "I=quay.io/a/1:1 && docker pull $I", "y": "docker pull $I"
            }, "devDependencies": {"docker": "1"}}

            """
        #expect(references(package, as: "package.json") == ["postgres:16", "quay.io/a/1:1", "?I"])
        #expect(scanned(package, as: "web/package.json").findings.first?.text == "postgres:16")
        let container = """
            { // a comment
              "image": "quay.io/a/0:1", "initializeCommand": "docker pull quay.io/a/1:1",
              "postCreateCommand": ["docker", "pull", "quay.io/a/2:1"],
              "postStartCommand": {"a": "docker pull quay.io/a/3:1", "b": ["sh", "-c", "docker pull quay.io/a/4:1"]} }

            """
        #expect(references(container, as: "devcontainer.json") == (0...4).map { "quay.io/a/\($0):1" })
    }

    @Test(arguments: [
        "provisioner \"local-exec\" {\n command = \"docker pull quay.io/a/1:1\"\n}",
        "provisioner \"local-exec\" {\n command = \"x\\ndocker pull ${var.i}\"\n interpreter = [\"/bin/bash\", \"-c\"]\n}",
        "provisioner \"remote-exec\" {\n inline = [\n \"cd /x\", \"docker pull quay.io/a/1:1\",\n ]\n}",
        "user_data = <<-EOT\n #!/bin/sh\n docker pull quay.io/a/1:1\n EOT",
        "user_data = base64encode(\"#!/bin/sh\\ndocker pull quay.io/a/1:1\\n\")",
        "metadata = {\n startup-script = \"docker pull quay.io/a/1:1\"\n}",
        "metadata = {\n gce-container-declaration = <<EOT\nspec:\n  containers:\n  - image: quay.io/a/1:1\nEOT\n}",
        "metadata = {\n gce-container-declaration = \"spec:\\n  containers:\\n  - image: quay.io/a/1:1\\n\"\n}",
        "user_data = <<-EOT\n #!/bin/sh\n docker pull ${var.i}\n EOT",
        "metadata = {\n gce-container-declaration = yamlencode({ spec = { containers = [{ image = \"quay.io/a/1:1\" }] } })\n}",
    ]) func `what Terraform's machines run when they start is shell text`(attribute: String) {
        let variable = "variable \"i\" {\n default = \"quay.io/a/1:1\"\n}\n"
        let text = "resource \"google_compute_instance\" \"a\" {\n \(attribute)\n}\n"
        #expect(references(attribute.contains("var.i") ? variable + text : text, as: "main.tf") == ["quay.io/a/1:1"])
    }

    @Test(arguments: [
        "provisioner \"local-exec\" {\n command = \"docker pull quay.io/a/1:1\"\n interpreter = [\"python3\", \"-c\"]\n}",
        "user_data = <<EOT\n#cloud-config\npackages: [docker, pull, quay.io/a/1:1]\nEOT",
    ]) func `what no shell runs is none`(attribute: String) {
        #expect(references("resource \"aws_instance\" \"a\" {\n \(attribute)\n}\n", as: "main.tf") == [])
    }

    @Test(arguments: [
        ("cat images.txt | xargs -n1 docker pull", ["?cat images.txt"]),
        ("grep -v x images.txt | xargs -I{} docker pull {}", ["?grep -v x images.txt"]),
        ("git ls-files | xargs docker run --rm koalaman/shellcheck:v0.9", ["koalaman/shellcheck:v0.9"]),
        ("find . | xargs -I{} docker run foo/lint:2 {}", ["foo/lint:2"]),
        ("docker ps -q | xargs docker rm -f", []), ("docker images -q | xargs docker rmi", []),
        ("docker ps -aq | xargs docker inspect", []),
    ]) func `what a program prints for xargs is open where it is an image`(script: String, found: [String]) {
        #expect(references(script + "\n", as: "a.sh") == found)
    }

    @Test func `the command of an alias is read`() {
        let script = "alias k='docker run --rm bitnami/kubectl:1.31'\nalias ll='ls -l' d=docker\n"
        #expect(references(script, as: "a.sh") == ["bitnami/kubectl:1.31"])
    }
}
