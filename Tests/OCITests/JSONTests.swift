// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import Testing

private func parse(_ text: String) throws(JSONError) -> JSON { try JSON(Array(text.utf8)) }

private let emptyObject = JSON.object([] as [JSON.Member])

@Suite struct JSONParserTests {
    @Test(
        arguments: [
            ("null", JSON.null), ("true", JSON.bool(true)), (" false\r\n\t", JSON.bool(false)),
            ("\"\"", JSON.string("")),
            ("[]", JSON.array([])), ("{}", emptyObject), ("[ ]", JSON.array([])), ("{ }", emptyObject),
            ("[1,[2,[]]]", JSON.array([1, .array([2, .array([])])])),
            ("{\"a\":{\"b\":null}}", JSON.object(["a": JSON.object(["b": JSON.null])])),
            ("{\"\":1}", JSON.object(["": 1])),
        ] as [(String, JSON)])
    func `reads documents of RFC 8259`(text: String, document: JSON) throws {
        #expect(try parse(text) == document)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "undefined", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}",
        "{\"a\"",
        "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
        "1 2", "{}{}", "[] x", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u\"", "\"\\u12\"", "\"\\u12G4\"",
        "\"\n\"",
        "\"\t\"", "\"\u{0}\"", "\u{FEFF}{}", "// c\n1", "/**/1", "\u{A0}1", "NaN", "Infinity", "-Infinity",
    ])
    func `refuses everything else`(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(arguments: [
        "0", "-0", "1", "10", "-1", "1.5", "0.0", "1e5", "1E+5", "1e-5", "9007199254740993", "18446744073709551616",
        "0.1000000000000000000000000000001",
    ])
    func `keeps numbers as written`(text: String) throws {
        #expect(try parse(text) == .number(text))
    }

    @Test(arguments: [
        "-", "+1", "01", "-01", "00", "1.", ".5", "1.e5", "1e", "1e+", "0x10", "1_000", "--1", "1e5.5", "-a",
    ])
    func `refuses numbers with another spelling`(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(
        arguments: [
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("0", 0), ("-0", 0),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1.0", nil), ("1e3", nil),
        ] as [(String, Int64?)])
    func `rounds no number to make it whole`(text: String, integer: Int64?) throws {
        #expect(try parse(text).integer == integer)
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83c\udf89""#, "🎉"), (#""\u0000""#, "\u{0}"), ("\"é€🎉\"", "é€🎉"), (#""a\u0062c""#, "abc"),
        (#""é\n🎉""#, "é\n🎉"), ("\"\u{7F}\"", "\u{7F}"),
    ])
    func `reads escapes and plain text alike`(text: String, string: String) throws {
        #expect(try parse(text).string == string)
    }

    @Test(arguments: [
        #""\ud83c""#, #""\udf89""#, #""\ud83c\ud83c""#, #""\ud83cx""#, #""\ud83c\n""#, #""\udf89\ud83c""#,
        #""\ud83c\u""#,
    ])
    func `refuses half a surrogate pair`(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, #"{"a":1,"a":2}"#), (#"[1] [2"#, "[1]"), ("{}garbage", "{}"),
        (#""\ud83c""#, "\"\u{FFFD}\""), (#""\udf89x""#, "\"\u{FFFD}x\""), (#""\ud83c\n""#, "\"\u{FFFD}\\n\""),
        (#""\ud83c\ud83c\udf89""#, "\"\u{FFFD}🎉\""),
    ])
    func `by Go's rules keys may repeat, broken text is marked, and what follows is left alone`(
        text: String, read: String
    ) throws {
        #expect(try JSON(Array(text.utf8), allowing: .goDecoder).text == read)
    }

    @Test(arguments: ["{", "nul", #"{"a":1,}"#, "\"a\nb\"", #""\x""#, "01", ""])
    func `what is no JSON to anybody is refused by Go's rules, too`(text: String) {
        #expect(throws: JSONError.self) { try JSON(Array(text.utf8), allowing: .goDecoder) }
    }

    @Test func `an indented document has a member or an element a line, as Go has it`() throws {
        let document = try parse(#"{"a":[],"b":{},"c":[1,{"d":"<e>"}]}"#)
        let lines =
            ["{", "  \"a\": [],", "  \"b\": {},", "  \"c\": [", "    1,", "    {"]
            + [#"      "d": "\u003ce\u003e""#, "    }", "  ]", "}"]
        #expect(String(decoding: document.goBytes(indentedBy: "  "), as: UTF8.self) == lines.joined(separator: "\n"))
        #expect(
            String(decoding: document.goBytes, as: UTF8.self) == #"{"a":[],"b":{},"c":[1,{"d":"\u003ce\u003e"}]}"#)
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xC3],
        ] as [[UInt8]])
    func `refuses invalid UTF-8, with and without escapes beside it`(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError.invalidUTF8(offset: 1)) { try JSON([quote] + bytes + [quote]) }
        #expect(throws: JSONError.invalidUTF8(offset: 1)) { try JSON([quote] + Array("\\n".utf8) + bytes + [quote]) }
        #expect(throws: JSONError.self) { try JSON(bytes) }
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"a":1,"a":1}}]"#,
    ])
    func `refuses a key that occurs twice in one object`(text: String) {
        #expect(throws: JSONError.duplicateKey("a")) { try parse(text) }
    }

    @Test(arguments: [15, 16, 17, 18, 1_000])
    func `finds a repeated key in small and large objects`(count: Int) {
        let keys = (0..<count).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(throws: JSONError.duplicateKey("k3")) { try parse("{\(keys),\"k3\":0}") }
        #expect(throws: Never.self) { try parse("{\(keys),\"new\":0}") }
    }

    @Test func `keeps members in the order written`() throws {
        #expect(try parse(#"{"z":1,"a":2,"m":3}"#).members?.map(\.key) == ["z", "a", "m"])
    }

    @Test(.covers("S18"), arguments: ["[", "{\"a\":"])
    func `bounds the depth`(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
        }
        #expect(throws: Never.self) { try parse(nested(64)) }
        #expect(throws: JSONError.tooDeep(limit: 64)) { try parse(nested(65)) }
        #expect(throws: JSONError.tooDeep(limit: 64)) { try parse(String(repeating: opening, count: 10_000)) }
    }

    @Test(.covers("S18")) func `bounds the number of values`() throws {
        var limits = JSONLimits()
        limits.values = 10
        #expect(throws: Never.self) { try JSON(Array("[1,2,3,4,5,6,7,8,9]".utf8), limits: limits) }
        #expect(throws: JSONError.tooManyValues(limit: 10)) {
            try JSON(Array("[1,2,3,4,5,6,7,8,9,10]".utf8), limits: limits)
        }
    }

    @Test func `says what is wrong and where`() {
        #expect(throws: JSONError.unexpected(what: "unexpected byte 0x7d", offset: 5)) { try parse("{\"a\":}") }
        #expect(throws: JSONError.unexpected(what: "unexpected end", offset: 6)) { try parse("{\"a\":1") }
    }

    @Test func `shows a hostile key escaped and cut`() {
        let error = JSONError.duplicateKey("\u{1B}" + String(repeating: "k", count: 1_000))
        #expect(error.description.unicodeScalars.count < 200)
        #expect(!error.description.unicodeScalars.contains("\u{1B}"))
    }

    @Test func `reads bytes that are not contiguous`() throws {
        let backwards = Array("]2,1[".utf8)
        #expect(try JSON(backwards.reversed() as ReversedCollection) == .array([1, 2]))
    }
}

@Suite struct JSONWriterTests {
    @Test(arguments: [
        #"{"a":[1,-2.50e+10,true,false,null,"x"],"b":{}}"#, #"[]"#, #"["\"\\\n\t\r"]"#, #"["é漢🎉/"]"#, #""""#,
        #"{"z":1,"a":{"":[[]]}}"#,
    ])
    func `writes what was read`(text: String) throws {
        #expect(try parse(text).text == text)
    }

    @Test(arguments: [
        ("\u{0}", #""\u0000""#), ("\u{1B}[2J", #""\u001b[2J""#), ("\u{7F}", #""\u007f""#), ("\u{9B}", #""\u009b""#),
        ("\u{202E}", #""\u202e""#), ("\u{2028}\u{2029}", #""\u2028\u2029""#), ("\u{200B}", #""\u200b""#),
        ("\u{E0001}", #""\udb40\udc01""#), ("\u{FEFF}", #""\ufeff""#),
    ])
    func `escapes controls and characters that reorder or hide text`(text: String, written: String) throws {
        #expect(JSON.string(text).text == written)
        #expect(try parse(written).string == text)
    }

    @Test func `every character of ASCII is read as it was written, alone and inside of a text`() throws {
        for value in UInt8.min...0x7F {
            let character = String(UnicodeScalar(value))
            for text in [character, "before" + character + "after"] {
                #expect(try parse(JSON.string(text).text).string == text)
            }
        }
    }

    @Test func `writes literals and optional text`() {
        #expect(
            JSON.object(["a": 1, "b": "x", "c": true, "d": JSON(nil), "e": JSON(UInt64.max)]).text
                == #"{"a":1,"b":"x","c":true,"d":null,"e":18446744073709551615}"#)
    }
}

@Suite struct JSONAccessTests {
    private let document: JSON = .object(["text": "x", "number": 1, "null": .null])

    @Test func `finds members by key, and nothing in other values`() {
        #expect(document["text"]?.string == "x")
        #expect(document["absent"] == nil)
        #expect(document["null"]?.isNull == true)
        #expect(JSON.array([1])["0"] == nil)
    }

    @Test func `answers nil for another type`() {
        #expect(document["text"]?.integer == nil)
        #expect(document["number"]?.string == nil)
        #expect(document.array == nil)
        #expect(document["number"]?.double == 1)
    }

    @Test func `keeps only text in a map of text`() {
        #expect(document.stringMap == ["text": "x"])
    }
}
