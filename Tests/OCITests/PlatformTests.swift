// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import Testing

@Suite struct PlatformTests {
    @Test(
        .covers("F03"),
        arguments: [
            ("linux/amd64", Platform(os: "linux", architecture: "amd64")),
            ("linux/arm/v7", Platform(os: "linux", architecture: "arm", variant: "v7")),
            ("  linux/arm64\t", Platform(os: "linux", architecture: "arm64")),
            ("windows/amd64:10.0.17763.1", Platform(os: "windows", architecture: "amd64", osVersion: "10.0.17763.1")),
            ("linux", Platform(os: "linux", architecture: "")),
        ])
    func `parses what gcrane's option takes`(text: String, platform: Platform) throws {
        #expect(try Platform(parsing: text) == platform)
    }

    @Test(arguments: ["a/b/c/d", "linux/arm/v7/", "////"])
    func `refuses more than three parts`(text: String) {
        let error = #expect(throws: PlatformError.self) { try Platform(parsing: text) }
        // gcrane's words.
        #expect(error?.description == "too many slashes in platform spec: \(text)")
    }

    @Test(
        .covers("F03"),
        arguments: [
            ("linux/amd64", "linux/amd64", true),
            ("linux/arm", "linux/arm/v7", true),
            ("linux/arm/v7", "linux/arm/v7", true),
            ("linux/arm/v7", "linux/arm/v6", false),
            ("linux/arm/v7", "linux/arm", false),
            ("linux/amd64", "linux/arm64", false),
            ("windows/amd64", "linux/amd64", false),
            ("linux", "linux/amd64", false),
            ("windows/amd64", "windows/amd64:10.0.1", true),
            ("windows/amd64:10.0.1", "windows/amd64:10.0.1", true),
            ("windows/amd64:10.0", "windows/amd64:10.0.1", false),
            ("windows/amd64:10.0.1", "windows/amd64", false),
        ])
    func `asks for no more than was written, and takes nothing less`(
        wanted: String, offered: String, isSatisfied: Bool
    ) throws {
        #expect(try Platform(parsing: wanted).isSatisfied(by: Platform(parsing: offered)) == isSatisfied)
    }

    @Test(arguments: ["linux/amd64", "linux/arm/v7", "windows/amd64:10.0.1"])
    func `is shown as it is written`(text: String) throws {
        #expect(try Platform(parsing: text).description == text)
    }

    @Test func `is shown escaped`() {
        #expect(Platform(os: "linux\u{1B}", architecture: "amd64").description == "linux\\u{1b}/amd64")
    }
}
