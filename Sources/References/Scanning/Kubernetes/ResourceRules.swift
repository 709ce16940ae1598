// SPDX-License-Identifier: Apache-2.0

extension ResourceRule {
    /// Keys called `image` in these places are made by the resource, not pulled.
    static let products: [ResourceRule] = [
        rule("kafka.strimzi.io", "KafkaConnect", "spec.build.output.image"),
        rule("build.openshift.io", "BuildConfig", "spec.output.**"),
        rule("kpack.io", nil, "spec.tag"),
        // One of three fields that make up a reference.
        rule("nvidia.com", nil, "spec.**.image"),
        // Disks of machines.
        rule("infrastructure.cluster.x-k8s.io", "OpenStackMachineTemplate", "spec.**"),
        rule("infrastructure.cluster.x-k8s.io", "OpenStackMachine", "spec.**"),
        rule("infrastructure.cluster.x-k8s.io", "GCPMachineTemplate", "spec.**"),
        rule("infrastructure.cluster.x-k8s.io", "GCPMachine", "spec.**"),
        rule("shipwright.io", nil, "spec.output.**"),
    ]

    private static func rule(_ group: String, _ kind: String?, _ path: String, prefix: String = "") -> ResourceRule {
        let steps = path.split(separator: ".").map { step -> Step in
            step == "*" ? .any : step == "**" ? .anyDepth : .key(String(step))
        }
        return ResourceRule(kind: kind, group: group, path: steps, prefix: prefix)
    }
}
