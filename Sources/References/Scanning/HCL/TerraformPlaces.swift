// SPDX-License-Identifier: Apache-2.0

/// The kind of image that an attribute called `image` names in a block.
enum ImagePlace {
    case container
    /// Machines' disks and the like.
    case other
    /// Disks of machines, and similar images.
    case unknown

    /// - Parameter type: the type of a Terraform resource (registry.terraform.io, the providers' own references).
    init(resource type: String) {
        if Self.containers.contains(where: type.hasPrefix) {
            self = .container
        } else if Self.machines.contains(where: type.hasPrefix) || type.contains("virtual_machine") {
            self = .other
        } else {
            self = .unknown
        }
    }

    private static let containers = [
        "kubernetes_", "docker_container", "docker_image", "docker_service", "google_cloud_run", "aws_ecs_task",
        "aws_lambda_function", "aws_apprunner", "aws_batch_job_definition", "aws_lightsail_container",
        "aws_sagemaker_model", "azurerm_container", "azurerm_linux_web_app", "azurerm_linux_function_app",
        "scaleway_container", "oci_container_instances", "yandex_serverless_container", "fly_machine", "nomad_job",
        "digitalocean_app", "koyeb_", "render_", "railway_", "helm_release", "podman_", "ibm_code_engine",
    ]
    private static let machines = [
        "google_compute_", "google_container_", "digitalocean_droplet", "hcloud_", "linode_", "openstack_", "lxd_",
        "incus_", "libvirt_", "vultr_", "aws_instance", "aws_ami", "aws_launch", "vsphere_", "proxmox_",
        "scaleway_instance", "oci_core", "ibm_is", "multipass_", "upcloud_", "exoscale_", "equinix_", "packet_",
        "alicloud_instance", "tencentcloud_instance", "docker_registry_image", "google_cloudbuild", "virtualbox_",
    ]

    /// Names of attributes that hold a container's image in any block.
    static let attributes: Set<String> = [
        "image", "image_uri", "image_identifier", "image_url", "docker_image", "docker_image_name", "container_image",
        "registry_image",
    ]
}
