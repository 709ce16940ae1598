// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Templates of Amazon's CloudFormation and of Azure.
@Suite struct CloudTemplateTests {
    private static func task(_ containers: String) -> String {
        "Resources:\n  T:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions: \(containers)\n"
    }

    @Test(arguments: [
        ("[{Image: 'a/b:1'}, !If [C, {Image: 'a/c:1'}, !Ref AWS::NoValue]]", ["a/b:1", "a/c:1"]),
        (
            "\n      - !If\n        - C\n        - Name: a\n          Image: a/b:1\n        - Image: a/c:1\n",
            ["a/b:1", "a/c:1"]
        ),
        ("[{\"Fn::If\": [\"C\", {\"Image\": \"a/b:1\"}, {\"Ref\": \"AWS::NoValue\"}]}]", ["a/b:1"]),
        ("!If [C, [{Image: 'a/b:1'}], !If [D, [{Image: 'a/c:1'}], [{Image: 'a/d:1'}]]]", ["a/b:1", "a/c:1", "a/d:1"]),
        ("[{Image: !If [C, 'a/b:1', !Ref I]}]", ["a/b:1", "?I"]),
        ("[{Image: !If [C, 'a/b:1', !Ref AWS::NoValue]}]", ["a/b:1"]),
        ("[{Image: !Select [0, ['a/b:1', 'a/c:1']]}]", ["?a function"]),
    ]) func `each branch of a condition counts`(containers: String, images: [String]) {
        #expect(references(Self.task(containers)) == images)
    }

    @Test func `branches that aliases repeat count once`() {
        let more = (1..<40).map { "&b\($0) !If [C, *b\($0 - 1), *b\($0 - 1)]" }.joined(separator: ", ")
        #expect(references(Self.task("[&b0 {Image: 'a/b:1'}, \(more)]")) == ["a/b:1"])
    }

    // MARK: - Azure

    private static func deployment(_ parameters: String) -> String {
        """
        {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [
          {"type": "Microsoft.Resources/deployments", "name": "app", "properties": {"parameters": \(parameters),
            "template": {"parameters": {"containers": {"type": "array"}}, "resources": [{
              "type": "Microsoft.App/containerApps", "apiVersion": "2024-03-01",
              "properties": {"template": {"containers": "[parameters('containers')]"}}}]}}}]}

        """
    }

    @Test(arguments: [
        (#"{"containers": {"value": [{"image": "mcr.example/a:1"}, {"image": "app"}]}}"#, ["mcr.example/a:1", "app"]),
        (#"{"sidecars": {"value": [{"image": "mcr.example/a:1"}, {"image": "heading"}]}}"#, ["mcr.example/a:1"]),
        (#"{"appImage": {"value": "mcr.example/a:1"}}"#, ["mcr.example/a:1"]),
        (#"{"containers": {"value": [{"image": "[parameters('i')]"}]}}"#, ["?i"]),
        (#"{"name": {"value": "mcr.example/a:1"}}"#, []),
    ]) func `what a template gives to another one is read`(parameters: String, images: [String]) {
        #expect(references(Self.deployment(parameters), as: "main.json") == images)
    }
}
