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
        "E=$1\nE=/usr/bin/docker\n$E pull quay.io/a/1:1\n", "SSH=\"ssh host\"\n$SSH 'docker pull quay.io/a/1:1'\n",
    ])
    func `a variable may hold a command with words of its own, or one of several programs`(text: String) {
        #expect(references(text, as: "a.sh") == ["quay.io/a/1:1"])
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
}
