// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Variables of Ansible that hold an image together.
@Suite struct AnsibleVariableTests {
    private static let parts = "app_registry: quay.io\napp_image: acme/app\napp_image_tag: v7\n"

    private func found(_ text: String) -> [String] { references(text, as: "roles/a/defaults/main.yml") }

    @Test func `a name with a tag that is only a part of another image is none`() {
        let whole = "full_image: \"{{ app_registry }}/{{ app_image }}:{{ app_image_tag }}\"\n"
        #expect(found(Self.parts) == ["acme/app:v7"])
        #expect(found(Self.parts + whole) == ["quay.io/acme/app:v7"])
        let task = "- docker_container: {image: \"{{ app_image }}\"}\n"
        #expect(references("- hosts: all\n  tasks:\n  " + task, as: "play.yml") == ["?app_image"])
    }

    @Test(arguments: [
        ("{{ app_image }}", "{{ app_image_tag }}", ["acme/app:v7"]), ("{{ app_image }}", "v8", ["acme/app:v8"]),
        ("{{ app_registry }}/acme/app", "{{ app_image_tag }}", ["quay.io/acme/app:v7"]),
    ]) func `a name and a tag may be those of other variables`(name: String, tag: String, images: [String]) {
        let client = "client_image: \"\(name)\"\nclient_image_tag: \"\(tag)\"\n"
        #expect(found("app_registry: quay.io\napp_image: acme/app\napp_image_tag: v7\n" + client).contains(images[0]))
    }

    @Test func `a name stays an image where another variable is this image`() {
        #expect(found(Self.parts + "client_image: \"{{ app_image }}\"\n").contains("acme/app:v7"))
    }
}
