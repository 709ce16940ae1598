// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1
package import RegistryServer

/// One line of a fault script: for these requests, at these times, this goes wrong.
package struct FaultRule: Sendable {
    package var match: RequestMatch
    package var hits: Hits
    package var fault: Fault

    package init(_ match: RequestMatch, _ hits: Hits = .always, _ fault: Fault) {
        self.match = match
        self.hits = hits
        self.fault = fault
    }

    /// Which of the matching requests, counted from 1 for each rule.
    package enum Hits: Sendable, Hashable {
        case always
        case nth(Int)
        case first(Int)
        case after(Int)
        case every(Int)
        /// Each with this probability in percent, the same ones for the same seed.
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

        /// SplitMix64's output function: neighbouring numbers come out unrelated.
        private static func mixed(_ number: UInt64) -> UInt64 {
            var mixed = number &* 0x9E37_79B9_7F4A_7C15
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}

/// What goes wrong.
package enum Fault: Sendable {
    /// This instead of asking the registry. Nothing happens there.
    case answer(HTTPResponseStatus, headers: HTTPHeaders = [:], body: String = "")
    /// The registry is asked after a pause, which the test supplies.
    case delay(Duration)
    /// The registry does what it was asked, and the answer is this: a response lost or mangled on the way.
    case replaceAnswer(HTTPResponseStatus, headers: HTTPHeaders = [:], body: String = "")
    /// The registry gets this many bytes of the request's body, then the connection breaks.
    case cutRequest(ResponseCut.Manner, afterBytes: Int64)
    /// The connection breaks after this many bytes of the response's body; nil before its first byte, when the registry has
    /// done what it was asked.
    case cutResponse(ResponseCut.Manner, afterBytes: Int64?)
    /// Nothing is asked and nothing answered until the client gives up.
    case hang
    /// The body ends early and `Content-Length` agrees.
    case shorten(toBytes: Int64)
    /// Bytes nobody promised follow, and `Content-Length` agrees.
    case append(String)
    /// One byte of the body is another.
    case corrupt(atByte: Int64)
    /// `Content-Length` says this, whatever is sent.
    case announceLength(Int64)
    case redirect(HTTPResponseStatus = .temporaryRedirect, to: String)
    /// A header of the answer is this, or is missing.
    case header(String, String?)
}
