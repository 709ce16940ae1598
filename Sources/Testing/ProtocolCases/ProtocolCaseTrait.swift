// SPDX-License-Identifier: Apache-2.0

package import Testing

/// Names the cases of `Tests/ProtocolCases.md` that a test covers.
///
/// The trait has no effect while tests run. `Tests/ArchitectureTests` reads it in the sources and fails if a case has
/// no test.
package struct ProtocolCaseTrait: TestTrait, SuiteTrait {
    package let cases: [String]
}

extension Trait where Self == ProtocolCaseTrait {
    /// - Parameter cases: identifiers such as `"A01"`, each a literal.
    package static func covers(_ cases: String...) -> ProtocolCaseTrait { ProtocolCaseTrait(cases: cases) }
}
