// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct SourceTextTests {
    @Test(arguments: [
        ("let a = 1 // print(a)", "let a = 1 "),
        ("a /* print( */ b", "a  b"),
        (#"f("print(") + g"#, #"f("") + g"#),
        (#"f("a\"b") + g"#, #"f("") + g"#),
        ("f(#\"a\"b\\\"#) + g", #"f("") + g"#),
        ("f(\"\"\"\n  // \"x\"\n  \"\"\") + g", #"f("") + g"#),
        ("\"//\" // x", "\"\" "),
    ])
    func `is code without comments and literals`(text: String, code: String) {
        #expect(SourceText(text).code == code)
    }

    @Test(
        arguments: [
            ("import A", "A"), ("package import B", "B"), ("@testable import C", "C"), ("    import struct D.E", "D"),
            ("@preconcurrency public import F", "F"), ("imports(G)", nil), ("let import1 = 2", nil),
        ] as [(String, String?)])
    func `finds imports`(line: String, module: String?) {
        let file = SourceFile(target: "t", path: "p", lines: [line])
        #expect(file.imports.first?.module == module)
    }

    @Test(arguments: [
        ("print(1)", true), ("  print(1)", true), ("footprint(1)", false), ("self.print(1)", false),
        ("!print(1)", true),
    ])
    func `tells a word from the tail of another`(line: String, isAlone: Bool) {
        #expect(line.containsAlone("print(") == isAlone)
    }
}
