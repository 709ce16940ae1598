// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1
package import RegistryServer

/// One line of a fault script: which requests it matches, which of these fail, and how.
package struct FaultRule: Sendable {
    package var match: RequestMatch
    package var hits: Hits
    package var fault: Fault

    package init(_ match: RequestMatch, _ hits: Hits = .always, _ fault: Fault) {
        self.match = match
        self.hits = hits
        self.fault = fault
    }

    /// Which of the matching requests fail. They are counted from 1 for each rule.
    package enum Hits: Sendable, Hashable {
        case always
        case nth(Int)
        case first(Int)
        case after(Int)
        case every(Int)
        /// Each request with this probability in percent. The same seed gives the same requests.
        case chance(percent: Int, seed: UInt64)

        package func includes(_ number: Int) -> Bool {
            switch self {
            case .always: true
            case .nth(let wanted): number == wanted
            case .first(let count): number <= count
            case .after(let count): number > count
            case .every(let step): step > 0 && number % step == 0
            case .chance(let percent, let seed): Self.mixed(seed &+ UInt64(number)) % 100 < UInt64(max(percent, 0))
            }
        }

        /// SplitMix64's output function: results for neighbouring numbers are unrelated.
        private static func mixed(_ number: UInt64) -> UInt64 {
            var mixed = number &* 0x9E37_79B9_7F4A_7C15
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}

/// The fault of a request.
package enum Fault: Sendable {
    /// Sends this response. The registry does not receive the request.
    case answer(HTTPResponseStatus, headers: HTTPHeaders = [:], body: String = "")
    /// Passes the request on after a pause. `FaultyRegistry.init` takes the function that waits.
    case delay(Duration)
    /// The registry handles the request, but the client gets this response, as if the real one was lost or changed on
    /// the way.
    case replaceAnswer(HTTPResponseStatus, headers: HTTPHeaders = [:], body: String = "")
    /// The registry receives this many bytes of the request's body, then the connection breaks.
    case cutRequest(ResponseCut.Manner, afterBytes: Int64)
    /// The connection breaks after this many bytes of the response's body. nil: before the first byte, after the
    /// registry has handled the request.
    case cutResponse(ResponseCut.Manner, afterBytes: Int64?)
    /// The registry does not receive the request, and no response is sent until the client gives up.
    case hang
    /// The body ends early, and `Content-Length` matches the shorter body.
    case shorten(toBytes: Int64)
    /// The body is followed by extra bytes, and `Content-Length` includes them.
    case append(String)
    /// One byte of the body is changed.
    case corrupt(atByte: Int64)
    /// `Content-Length` has this value, whatever is sent.
    case announceLength(Int64)
    case redirect(HTTPResponseStatus = .temporaryRedirect, to: String)
    /// A header of the response has this value; nil: the header is removed.
    case header(String, String?)
}
