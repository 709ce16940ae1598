// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Values that are given to charts by their paths, and files of values.
@Suite struct ChartSettingTests {
    @Test(arguments: [
        ("image.repository", "", ["?c"]), ("image.repository", "image: {tag: '1'}", ["?c", "?repository"]),
        ("image.repository", "image: {repository: quay.io/a/b, tag: '1'}", ["quay.io/a/b:1"]),
        ("sidecarImage", "", ["?c"]), ("image.tag", "", []), ("git.repository", "", []),
    ])
    func `an image that a release takes from the cluster is open`(path: String, values: String, expected: [String]) {
        let release = """
            apiVersion: helm.toolkit.fluxcd.io/v2
            kind: HelmRelease
            spec:
              valuesFrom: [{kind: ConfigMap, name: c, valuesKey: k, targetPath: \(path)}, {kind: Secret, name: s}]
              values: {\(values)}

            """
        #expect(references(release) == expected)
    }

    @Test func `files from which a generator makes values are read as values`() {
        let text = "configMapGenerator:\n- {name: v, files: [values.yaml=app.yml, other=o.yml, values.yaml]}\n"
        let found = FileScanner().scan(Array(text.utf8), kind: .kustomization).followUps
        #expect(found == [FollowUp(path: "app.yml", kind: .named(.helmValues))])
    }

    @Test(arguments: [
        ("helm upgrade --install x c --set image.repository=quay.io/a/sh,image.tag=3", ["quay.io/a/sh:3"]),
        ("helm install x c --set image.repository=quay.io/a/sh --set image.tag=3", ["quay.io/a/sh:3"]),
        ("helm template x --set-string sidecar.image=quay.io/a/ss:1", ["quay.io/a/ss:1"]),
        ("helm template x --set 'a.image.registry=quay.io,a.image.repository=a/b,a.image.tag=1'", ["quay.io/a/b:1"]),
        ("T=4; helm upgrade x c --set image.repository=quay.io/a/sh,image.tag=$T", ["quay.io/a/sh:4"]),
        ("helm upgrade x c --set image.repository=quay.io/a/sh,image.tag=$TAG", ["?TAG"]),
        ("helm upgrade x c --set image=quay.io/a/sh --set tag=$(git rev-parse HEAD)", ["?git rev-parse HEAD"]),
        (
            "helm upgrade x c --set images.web=quay.io/a/w:1 --set image.override=quay.io/a/o:2",
            ["quay.io/a/w:1", "quay.io/a/o:2"]
        ),
        ("helm upgrade x c --set image.registry=quay.io", ["?repository"]),
        ("helm upgrade x c --set-literal image=quay.io/a/sh:1", ["quay.io/a/sh:1"]),
        ("helm upgrade x c --set pilot.hub=quay.io/i,pilot.image=pilot,pilot.tag=1", ["?repository"]),
        ("helm upgrade x c --set image.tag=3,replicas=2,git.repository=quay.io/a/b", ["?repository"]),
        ("helm upgrade x c --set image.tag=$T,git.tag=3", []),
        (
            "helm upgrade x c --set a.image=a/b --set a.tag=3 --set b.image=c/d:4,b.tag=5",
            ["a/b:3", "c/d:4"]
        ),
        ("helm upgrade x c --set image.name=a/b --set image.imageTag=3", ["a/b:3"]),
        ("helm upgrade x c --set env.note=a\\,image.repository=b", []),
        ("echo helm upgrade --set image=quay.io/a/b:1", []),
        ("helm \"$1\" x c --set-string image=quay.io/a/b:1", ["quay.io/a/b:1"]),
        ("helm $CMD --set image.repository=quay.io/a/sh,image.tag=3", ["quay.io/a/sh:3"]),
        ("C='upgrade -i'; helm $C x c --set image=quay.io/a/b:1", ["quay.io/a/b:1"]),
        ("for c in diff upgrade; do helm $c x c --set image=quay.io/a/b:1; done", ["quay.io/a/b:1"]),
        ("helm $OPTIONS upgrade x c --set image=quay.io/a/b:1", ["quay.io/a/b:1"]),
        ("helm list $CMD --set image=quay.io/a/b:1", []),
        (
            "helm upgrade x c --set global.imageRegistry=quay.io,image.repository=a/b,image.tag=3",
            ["?global.imageRegistry"]
        ),
        ("helm upgrade x c --set registry=quay.io,image.repository=gcr.io/a/b,image.tag=3", ["gcr.io/a/b:3"]),
    ])
    func `what helm is given by paths is an image where they say so`(text: String, expected: [String]) {
        #expect(references(text + "\n", as: "x.sh") == expected)
    }

    @Test func `Helmfile and Skaffold give values by paths, too`() {
        let helmfile = """
            releases:
            - name: x
              chart: stable/x
              set:
              - {name: image.repository, value: quay.io/a/set}
              - {name: image.tag, value: "3"}
              - {name: sidecar.image, value: "quay.io/a/ss:1"}
              - {name: other.image.repository, value: "{{ .Values.x }}"}
            """
        #expect(references(helmfile, as: "helmfile.yaml") == ["quay.io/a/set:3", "quay.io/a/ss:1"])
        let skaffold = """
            apiVersion: skaffold/v4beta6
            kind: Config
            deploy:
              helm:
                releases:
                - {name: x, setValues: {image.repository: quay.io/a/set, image.tag: "3"}}
            """
        #expect(references(skaffold, as: "skaffold.yaml") == ["quay.io/a/set:3"])
    }

    @Test func `Argo CD's parameters give the fields of images, and what is not known of them is open`() {
        let parameters = """
            {parameters: [
              {name: image.name, value: acme/a}, {name: image.tag, value: "1"},
              {name: b.image, value: acme/b}, {name: b.tag, value: "2"},
              {name: c.image.repository, value: acme/c}, {name: c.image.tag, value: $ARGOCD_APP_REVISION},
              {name: d.image.repository, value: acme/d}, {name: d.image.digest, value: "{{ digest }}"},
              {name: e.image.tag, value: "3"}, {name: f.image, value: "acme/f:4"}]}
            """
        let expected = ["acme/a:1", "acme/b:2", "?ARGOCD_APP_REVISION", "?digest", "?repository", "acme/f:4"]
        let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm: "
        #expect(references(application + parameters + "\n") == expected)
    }

    /// What is thrown away unread must not name other files.
    @Test(arguments: [
        "releases:\n- {name: x, chart: c, values: [prod.yaml]}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {path: c, helm: {valueFiles: [p.yaml]}}}\n",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {chart: {spec: {valuesFiles: [p.yaml]}}}\n",
        "a: 1\n---\nreleases:\n- {name: x, chart: c, values: [prod.yaml]}\n",
    ])
    func `passing over documents loses none that names files of values`(text: String) {
        var whole = ScanOptions()
        whole.readsEverything = true
        let followUps = scanned(text).followUps
        #expect(followUps.count == 1 && followUps == scanned(text, options: whole).followUps)
        #expect(followUps.allSatisfy { if case .values = $0.kind { true } else { false } })
    }

    @Test func `files of values that commands name are looked for where they run`() {
        let text = "cd sub\nhelm upgrade -i -n ns --values a.yaml,b.yaml -f \"$ROOT/c.yaml\" x ./chart\n"
        let followUps = scanned(text, as: "x.sh").followUps
        #expect(followUps.map(\.path) == ["sub/a.yaml", "sub/b.yaml", "sub/c.yaml"])
        #expect(followUps.map(\.alternatives) == [["a.yaml"], ["b.yaml"], ["c.yaml"]])
    }

    @Test func `a name whose tag the chart decides changes alone, if it has a host`() {
        func parts(_ name: String) -> [String] {
            let text = "helm upgrade x c --set image.repository=\(name)\n"
            return scanned(text, as: "x.sh").findings.flatMap { $0.parts.compactMap(\.value) }
        }
        #expect(parts("quay.io/a/sh") == ["quay.io/a/sh"])
        #expect(parts("a/sh") == [])
    }

    @Test(arguments: [
        ("worker: {image: quay.io/acme/w, tag: '1'}", "quay.io/acme/w:1"),
        ("{image: quay.io/acme/w, imageTag: '1'}", "quay.io/acme/w:1"),
        ("worker: {registry: quay.io, image: acme/w, tag: '1'}", "quay.io/acme/w:1"),
        ("{global: {hub: quay.io/acme, tag: '1'}, web: {image: w}}", "quay.io/acme/w:1"),
        ("{extraContainers: [{name: a, image: 'quay.io/acme/w:1'}]}", "quay.io/acme/w:1"),
        ("image: 'quay.io/acme/w:${TAG}'", "?TAG"),
    ]) func `values mean the same in a file of values and in a resource`(values: String, image: String) {
        let text = values.hasPrefix("{") ? values : "{\(values)}"
        #expect(references(text + "\n", as: "values.yaml") == [image])
        let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: \(text)}\n"
        #expect(references(release) == [image])
        let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        #expect(references(application + "spec: {source: {helm: {valuesObject: \(text)}}}\n") == [image])
    }

    @Test func `fields of an image that a tool fills in are open`() {
        let release = """
            apiVersion: helm.toolkit.fluxcd.io/v2
            kind: HelmRelease
            metadata: {name: x}
            spec:
              values:
                a: {image: {registry: "${REG}", repository: acme/s, tag: v1}}
                b: {image: {repository: "${REPO}", tag: v1}}
                c: {image: {repository: "${HUB}/acme/f", tag: v1}}
                git: {repository: "${GIT}", tag: v1}

            """
        #expect(references(release) == ["?REG", "?REPO", "?HUB"])
    }
}
