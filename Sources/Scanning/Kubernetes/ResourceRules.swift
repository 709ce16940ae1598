extension ResourceRule {
    /// Where well-known custom resources name images besides container lists and keys called `image`.
    ///
    /// From the resources' published schemas; a group's rules hold for all of its versions.
    static let wellKnown: [ResourceRule] = [
        // Operators that take an image by another name.
        rule("postgresql.cnpg.io", "Cluster", "spec.imageName"),
        rule("acid.zalan.do", "postgresql", "spec.dockerImage"),
        rule("actions.summerwind.dev", nil, "spec.template.spec.dockerdImage"),
        rule("pkg.crossplane.io", nil, "spec.package"),
        rule("operator.knative.dev", nil, "spec.registry.override.*"),
        rule("apps.kruise.io", "ImagePullJob", "spec.image"),
        rule("apps.kruise.io", "ImageListPullJob", "spec.images"),
        // Addresses with a scheme.
        rule("extensions.istio.io", "WasmPlugin", "spec.url", prefix: "oci://"),
        rule("cdi.kubevirt.io", "DataVolume", "spec.source.registry.url", prefix: "docker://"),
        rule("kubevirt.io", nil, "spec.**.source.registry.url", prefix: "docker://"),
    ]

    /// Keys called `image` in these places are made by the resource, not pulled.
    static let products: [ResourceRule] = [
        rule("kafka.strimzi.io", "KafkaConnect", "spec.build.output.image"),
        rule("build.openshift.io", "BuildConfig", "spec.output.**"),
        rule("kpack.io", nil, "spec.tag"),
        rule("shipwright.io", nil, "spec.output.**"),
    ]

    private static func rule(_ group: String, _ kind: String?, _ path: String, prefix: String = "") -> ResourceRule {
        let steps = path.split(separator: ".").map { step -> Step in
            step == "*" ? .any : step == "**" ? .anyDepth : .key(String(step))
        }
        return ResourceRule(kind: kind, group: group, path: steps, prefix: prefix)
    }
}
