// SPDX-License-Identifier: Apache-2.0

extension ResourceRule {
    /// Keys called `image` at these places are not pulled: the resource makes the image, or the value is not a whole
    /// reference.
    static let products: [ResourceRule] = [
        rule("kafka.strimzi.io", "KafkaConnect", at: "spec.build.output.image"),
        rule("build.openshift.io", "BuildConfig", at: "spec.output.**"),
        rule("kpack.io", at: "spec.tag"),
        // This is one of three fields that make up a reference.
        rule("nvidia.com", at: "spec.**.image"),
        // The values are disks of machines.
        rule("infrastructure.cluster.x-k8s.io", "OpenStackMachineTemplate", at: "spec.**"),
        rule("infrastructure.cluster.x-k8s.io", "OpenStackMachine", at: "spec.**"),
        rule("infrastructure.cluster.x-k8s.io", "GCPMachineTemplate", at: "spec.**"),
        rule("infrastructure.cluster.x-k8s.io", "GCPMachine", at: "spec.**"),
        rule("shipwright.io", at: "spec.output.**"),
    ]

    private static func rule(
        _ group: String, _ kind: String? = nil, at path: String, prefix: String = ""
    ) -> ResourceRule {
        let steps = path.split(separator: ".").map { step -> Step in
            step == "*" ? .any : step == "**" ? .anyDepth : .key(String(step))
        }
        return ResourceRule(kind: kind, group: group, path: steps, prefix: prefix)
    }
}
