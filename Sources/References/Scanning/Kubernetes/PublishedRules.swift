// SPDX-License-Identifier: Apache-2.0

/// The places at which custom resources, annotations and arguments name images. It is a table, so a new operator needs
/// only a new line.
///
/// Each line names its source. Keys called `image` below `spec` of a custom resource need no line.
enum PublishedRules {
    enum Annotation {
        /// The value is an image behind a text that does not belong to it. Without that text it is something else.
        case image(prefix: String)
        /// The value is an image's name. Its tag is the value of another annotation, whose key is `version`.
        case name(version: String)
        /// The value is a text with images at keys called `image`.
        case containers
        /// The value is a text that contains resources.
        case manifests
    }

    /// The rules by API group. They apply to all kinds and versions of the group.
    static let resources: [String: [ResourceRule]] = lines("resource").reduce(into: [:]) { table, words in
        guard words.count > 1, var rule = try? ResourceRule(parsing: "*." + words[0] + ":" + words[1]) else { return }
        if words.count > 2 { rule.prefix = words[2] }
        table[words[0], default: []].append(rule)
    }

    /// Groups whose rules find images in documents that may not contain the word "image".
    static let quietGroups = resources.filter { _, rules in rules.contains { $0.lastKey?.contains("mage") != true } }
        .keys.sorted()

    static let annotations: [String: Annotation] = lines("annotation").reduce(into: [:]) { table, words in
        guard words.count > 1 else { return }
        switch words[1] {
        case "image": table[words[0]] = .image(prefix: words.count > 2 ? words[2] : "")
        case "name": table[words[0]] = words.count > 2 ? .name(version: words[2]) : .image(prefix: "")
        case "manifests": table[words[0]] = .manifests
        default: table[words[0]] = .containers
        }
    }

    static let arguments = Set(lines("argument").compactMap(\.first))
    /// Arguments that take an image's name. A resource gives the version.
    static let nameArguments = Set(lines("argument").filter { $0.count > 1 }.compactMap(\.first))

    /// The words of the lines that begin with `kind`, without the comments.
    private static func lines(_ kind: String) -> [[String]] {
        rows.compactMap { $0.first == kind ? Array($0.dropFirst()) : nil }
    }

    private static let rows: [[String]] = table.utf8.split(separator: UInt8(ascii: "\n")).map { line in
        line.prefix { $0 != UInt8(ascii: "#") }.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
    }

    /// The line formats are `resource GROUP PATH [PREFIX]`, `annotation KEY image [PREFIX]`, `annotation KEY containers|manifests`,
    /// `annotation KEY name KEY-OF-VERSION` and `argument NAME [name]`. The source follows after `#`. "catalog" is
    /// github.com/datreeio/CRDs-catalog at 7b1e26e, which has the schemas that the projects publish. The lines cover
    /// its text fields whose name contains "image", except parts of names and machine disks.
    static let table = """
        resource acid.zalan.do configuration.docker_image # catalog, acid.zalan.do/operatorconfiguration_v1.json
        resource acid.zalan.do configuration.connection_pooler.connection_pooler_image # the same
        resource acid.zalan.do configuration.logical_backup.logical_backup_docker_image # the same
        resource acid.zalan.do configuration.scalyr.scalyr_image # the same
        resource acid.zalan.do configuration.sidecar_docker_images.* # the same
        resource acid.zalan.do configuration.sidecars.image # the same
        resource acid.zalan.do spec.dockerImage # catalog, acid.zalan.do/postgresql_v1.json
        resource acid.zalan.do spec.connectionPooler.dockerImage # the same
        resource actions.summerwind.dev spec.template.spec.dockerdImage # actions/actions-runner-controller, config/crd/bases
        resource ais.nvidia.com spec.initImage # catalog, ais.nvidia.com/aistore_v1beta1.json
        resource ais.nvidia.com spec.logSidecarImage # the same
        resource ais.nvidia.com spec.nodeImage # the same
        resource apps.emqx.io spec.template.spec.reloaderImage # catalog, apps.emqx.io/emqxenterprise_v1beta4.json
        resource apps.gitlab.com spec.buildImage # catalog, apps.gitlab.com/runner_v1beta2.json
        resource apps.gitlab.com spec.helperImage # the same
        resource apps.gitlab.com spec.runnerImage # the same
        resource apps.kruise.io spec.image # openkruise/kruise, config/crd/bases/apps.kruise.io_imagepulljobs.yaml
        resource apps.kruise.io spec.images # the same, apps.kruise.io_imagelistpulljobs.yaml
        resource awx.ansible.com spec.control_plane_ee_image # catalog, awx.ansible.com/awx_v1beta1.json
        resource awx.ansible.com spec.init_projects_container_image # the same
        resource cdi.kubevirt.io spec.source.registry.url docker:// # kubevirt/containerized-data-importer, doc/image-from-registry.md
        resource cdi.kubevirt.io spec.template.spec.source.registry.url docker:// # the same, doc/os-image-poll-and-update.md
        resource cdi.kubevirt.io spec.**.vddk.initImageURL # catalog, cdi.kubevirt.io/datavolume_v1beta1.json
        resource ceph.rook.io spec.objectProvisionerImage # catalog, ceph.rook.io/cephcosidriver_v1.json
        resource chisel-operator.io spec.chisel_image # catalog, chisel-operator.io/exitnode_v1.json
        resource config.kubeflow.org runtime.*.image # kubeflow/katib, pkg/apis/config/v1beta1, KatibConfig
        resource controlplane.cluster.x-k8s.io spec.**.monitoring.prometheusImage # catalog, k0smotroncontrolplane_v1beta1.json
        resource controlplane.cluster.x-k8s.io spec.**.monitoring.proxyImage # the same
        resource ctlptl.dev image # tilt-dev/ctlptl, pkg/api, Registry
        resource dataflow.cnrm.cloud.google.com spec.sdkContainerImage # catalog, dataflowflextemplatejob_v1beta1.json
        resource dbaas.percona.com spec.databaseImage # catalog, dbaas.percona.com/databasecluster_v1.json
        resource dbaas.percona.com spec.backup.initImage # the same
        resource dynatrace.com spec.oneAgent.*.codeModulesImage # catalog, dynatrace.com/dynakube_v1beta1.json
        resource extensions.istio.io spec.url oci:// # istio/api, extensions/v1alpha1/wasm.proto
        resource fluxcd.controlplane.io spec.distribution.artifact oci:// # fluxcd.control-plane.io, "FluxInstance"
        resource helm.cattle.io spec.jobImage # catalog, helm.cattle.io/helmchart_v1.json
        resource hivemq.com spec.initBusyboxImage # catalog, hivemq.com/hivemqcluster_v1.json
        resource hivemq.com spec.initDnsWaitImage # the same
        resource gateway.envoyproxy.io spec.wasm.code.image.url # envoyproxy/gateway, api/v1alpha1/wasm_types.go
        resource hive.openshift.io spec.releaseImage # openshift/hive, config/crds
        resource image.openshift.io spec.dockerImageRepository # catalog, openshift/v4.15-strict/imagestream_image.openshift.io_v1.json
        resource infrastructure.cluster.x-k8s.io spec.**.customImage # catalog, dockermachine_v1beta1.json, devmachine_v1beta1.json
        resource job.min.io spec.mcImage # catalog, job.min.io/miniojob_v1alpha1.json
        resource k3d.io image # k3d.io, "Config File"
        resource k3d.io registries.create.image # the same
        resource kind.x-k8s.io nodes.image # kind.sigs.k8s.io, "Configuration"
        resource k0smotron.io spec.monitoring.prometheusImage # catalog, k0smotron.io/cluster_v1beta1.json
        resource k0smotron.io spec.monitoring.proxyImage # the same
        resource kafka.strimzi.io spec.kafka.brokerRackInitImage # catalog, kafka.strimzi.io/kafka_v1beta2.json
        resource kafka.strimzi.io spec.clientRackInitImage # the same, kafkaconnect_v1beta2.json
        resource kops.k8s.io spec.**.*.image # kubernetes/kops, k8s/crds/kops.k8s.io_clusters.yaml; spec.image is a machine's
        resource kops.k8s.io spec.**.coreDNSImage # the same
        resource kops.k8s.io spec.**.cpaImage # the same
        resource kops.k8s.io spec.**.podInfraContainerImage # kubernetes/kops, pkg/apis/kops/v1alpha2/componentconfig.go
        resource kops.k8s.io spec.**.podInfrastructureContainerImage # kubernetes/kops, k8s/crds/kops.k8s.io_clusters.yaml
        resource kubevirt.io spec.**.source.registry.url docker:// # kubevirt/kubevirt, dataVolumeTemplates
        resource kubevirt.io spec.configuration.network.binding.*.sidecarImage # catalog, kubevirt.io/kubevirt_v1.json
        resource lambda.services.k8s.aws spec.code.imageURI # catalog, lambda.services.k8s.aws/function_v1alpha1.json
        resource longhorn.io spec.engineImage # catalog, longhorn.io/volume_v1beta2.json
        resource machineconfiguration.openshift.io spec.osImageURL # catalog, openshift/v4.15-strict
        resource machineconfiguration.openshift.io spec.baseOSContainerImage # the same
        resource machineconfiguration.openshift.io spec.baseOSExtensionsContainerImage # the same
        resource machineconfiguration.openshift.io spec.releaseImage # the same
        resource mirror.openshift.io mirror.additionalImages.name # openshift/oc-mirror, "ImageSetConfiguration"
        resource mirror.openshift.io mirror.operators.catalog # the same
        resource operator.cluster.x-k8s.io spec.**.containers.imageUrl # catalog, operator.cluster.x-k8s.io/coreprovider_v1alpha2.json
        resource operator.knative.dev spec.registry.override.* # knative/operator, config/crd/bases/operator.knative.dev_knativeservings.yaml
        resource operator.open-cluster-management.io spec.addOnManagerImagePullSpec # open-cluster-management-io/ocm, clustermanagers.crd.yaml
        resource operator.open-cluster-management.io spec.imagePullSpec # the same, klusterlets.crd.yaml
        resource operator.open-cluster-management.io spec.placementImagePullSpec # the same, clustermanagers.crd.yaml
        resource operator.open-cluster-management.io spec.registrationImagePullSpec # the same
        resource operator.open-cluster-management.io spec.workImagePullSpec # the same
        resource operator.victoriametrics.com spec.configReloaderImage # catalog, operator.victoriametrics.com/vmagent_v1beta1.json
        resource platform.confluent.io spec.image.application # docs.confluent.io, "Confluent for Kubernetes API"
        resource platform.confluent.io spec.image.init # the same
        resource pingcap.com spec.**.toolImage # catalog, pingcap.com/backup_v1alpha1.json
        resource pingcap.com spec.warmupImage # catalog, pingcap.com/restore_v1alpha1.json
        resource pkg.crossplane.io spec.package # crossplane/crossplane, cluster/crds/pkg.crossplane.io_providers.yaml
        resource postgresql.cnpg.io spec.imageName # catalog, postgresql.cnpg.io/cluster_v1.json
        resource ps.percona.com spec.**.initImage # catalog, ps.percona.com/perconaservermysql_v1alpha1.json
        resource psmdb.percona.com spec.initImage # catalog, psmdb.percona.com/perconaservermongodb_v1.json
        resource pxc.percona.com spec.initImage # catalog, pxc.percona.com/perconaxtradbcluster_v1.json
        resource rabbitmq.com spec.secretBackend.vault.defaultUserUpdaterImage # catalog, rabbitmq.com/rabbitmqcluster_v1beta1.json
        resource repo-manager.pulpproject.org spec.cache.redis_image # catalog, repo-manager.pulpproject.org/pulp_v1beta2.json
        resource repo-manager.pulpproject.org spec.database.postgres_image # the same
        resource scorecard.operatorframework.io stages.tests.image # sdk.operatorframework.io, "Scorecard configuration"
        resource scylla.scylladb.com spec.scyllaUtilsImage # catalog, scylla.scylladb.com/scyllaoperatorconfig_v1alpha1.json
        resource serving.kserve.io spec.**.storageUri oci:// # kserve.github.io, "Serving models with OCI images"
        resource tekton.dev spec.**.taskRef.bundle # tekton.dev, "TaskRuns", v1beta1
        resource tekton.dev spec.**.pipelineRef.bundle # the same, "PipelineRuns"
        resource trident.netapp.io spec.tridentImage # NetApp/trident, deploy/crds, TridentOrchestrator
        resource trident.netapp.io spec.autosupportImage # the same
        resource vault.banzaicloud.com spec.bankVaultsImage # catalog, vault.banzaicloud.com/vault_v1alpha1.json
        resource vault.banzaicloud.com spec.fluentdImage # the same
        resource vault.banzaicloud.com spec.statsdImage # the same
        resource vault.banzaicloud.com spec.veleroFsfreezeImage # the same

        annotation alm-examples manifests # olm.operatorframework.io, ClusterServiceVersion
        annotation artifacthub.io/images containers # artifacthub.io/docs, "Helm annotations"
        annotation cdi.kubevirt.io/storage.import.endpoint image docker:// # kubevirt/containerized-data-importer, doc/image-from-registry.md
        annotation config.kubernetes.io/function containers # kubernetes-sigs/kustomize, "Configuration Functions Specification"
        annotation config.linkerd.io/debug-image name config.linkerd.io/debug-image-version # linkerd/linkerd2, pkg/k8s/labels.go
        annotation config.linkerd.io/init-image name config.linkerd.io/init-image-version # the same
        annotation config.linkerd.io/proxy-image name config.linkerd.io/proxy-version # the same
        annotation dapr.io/sidecar-image image # docs.dapr.io, "Dapr arguments and annotations"
        annotation containerImage image # docs.openshift.com, "Defining cluster service versions"
        annotation helm.sh/images containers # helm.sh/community/hips, HIP 15, "Annotation for Images used by Helm Charts"
        annotation images containers # bitnami/charts, Chart.yaml
        annotation operatorframework.io/initialization-resource manifests # docs.openshift.com, "Initializing required custom resources"
        annotation operators.openshift.io/must-gather-image image # openshift/ptp-operator, ClusterServiceVersion
        annotation sidecar.istio.io/proxyImage image # istio.io, "Resource Annotations"
        annotation vault.hashicorp.com/agent-image image # hashicorp/vault-k8s, agent-inject/agent/annotations.go

        argument alertmanager-default-base-image name # prometheus-operator/prometheus-operator, Documentation/operator.md
        argument prometheus-config-reloader # the same
        argument prometheus-default-base-image name # the same
        argument thanos-default-base-image name # the same
        """
}
