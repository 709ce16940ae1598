// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Scanning

/// The images that Jib builds on (github.com/GoogleContainerTools/jib).
@Suite struct JibTests {
    private func found(_ text: String, as name: String) -> [String] {
        scanned(text, as: name).findings.filter { $0.kind == .jib }.map { "\($0.text) \($0.reference?.asTyped ?? "?")" }
    }

    private func plugin(_ configuration: String) -> String {
        "<plugin><artifactId>jib-maven-plugin</artifactId>\(configuration)</plugin>"
    }

    @Test func `every use of the plugin counts: in management, in the build, in executions and profiles`() {
        let pom = """
            <project><properties><java>21</java><jib.from.image>acme/by-property:1</jib.from.image></properties>
            <build><pluginManagement><plugins>
            \(plugin("<configuration><from><image>acme/managed:${java}</image></from></configuration>"))
            </plugins></pluginManagement><plugins>\(plugin("")) \(plugin("""
                <executions><execution><configuration><from>
                <auth><username>u</username></auth><image>registry://acme/executed:1</image>
                </from></configuration></execution></executions>
                """))</plugins></build>
            <profiles><profile><build><plugins>
            \(plugin("<configuration><from><image>tar://base.tar</image></from></configuration>"))
            \(plugin("<configuration><from><image>docker://acme/profile:1</image></from></configuration>"))
            </plugins></build></profile></profiles>
            </project>
            """
        #expect(
            found(pom, as: "pom.xml") == [
                "acme/by-property:1 acme/by-property:1", "acme/managed:${java} acme/managed:21",
                "acme/executed:1 acme/executed:1", "acme/profile:1 acme/profile:1",
            ])
    }

    @Test func `Gradle's block is read with what else stands in it, and with variables`() {
        let gradle = """
            def base = "acme/variable:1"
            jib {
              from { auth { username = 'u' }; image = 'acme/block:1' }
              to { image = 'own/app' }
            }
            jib { from { image = base } }
            jib.from.image = "registry://acme/path:1"
            jib { from { image.set("acme/set:1") } }
            jib { from { image = System.getProperty("base") } }
            jib { from { image = "${unknown}/a:1" } }
            publishing { from(components.java) }
            """
        #expect(
            found(gradle, as: "build.gradle") == [
                "acme/variable:1 acme/variable:1", "acme/block:1 acme/block:1", "acme/path:1 acme/path:1",
                "acme/set:1 acme/set:1", "System.getProperty ?", "${unknown}/a:1 ?",
            ])
    }
}
