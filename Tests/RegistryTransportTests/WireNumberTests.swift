// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing
import TransshipTesting

@Suite struct WireNumberTests {
    @Test(arguments: ExtremeNumber.all) func `a length is ASCII digits that fit, or there is none`(
        number: ExtremeNumber
    ) {
        #expect((["Content-Length": number.text] as WireHeaders).contentLength == number.value)
    }

    @Test(arguments: ExtremeNumber.all) func `a port is 1 to 65535 in ASCII digits`(number: ExtremeNumber) {
        let origin = try? WireOrigin(scheme: .https, authority: "r.io:\(number.text)")
        #expect(origin?.port == (number.text.isEmpty ? 443 : number.value == 1 ? 1 : nil))
    }

    @Test(arguments: ExtremeNumber.all) func `an exception from the proxy has a number that is one, or does not count`(
        number: ExtremeNumber
    ) throws {
        // Entries may have blanks around them.
        guard !number.text.contains(" ") else { return }
        let variables = ["HTTP_PROXY": "http://a:1", "NO_PROXY": "10.0.0.0/\(number.text),r.io:\(number.text)"]
        let settings = try ProxySettings(variables: variables)
        let isNetwork = number.value.map { $0 <= 32 } ?? false
        #expect((try settings.proxy(for: WireURL("http://10.0.0.1/").origin) == nil) == isNetwork)
        #expect((try settings.proxy(for: WireURL("http://r.io:1/").origin) == nil) == (number.value == 1))
    }
}
