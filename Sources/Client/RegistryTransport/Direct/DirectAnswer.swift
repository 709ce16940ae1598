// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// An answer as `DirectConnection` hands it over.
struct DirectAnswer: Sendable {
    enum Body: Sendable {
        case whole([ByteBuffer])
        case streamed(ReceivedBody)
    }

    let status: Int
    let headers: WireHeaders
    let body: Body

    init(_ head: ResponseHead, _ body: Body) {
        status = head.status
        headers = WireHeaders(head.fields)
        self.body = body
    }
}

extension WireHeaders {
    fileprivate init(_ fields: [ResponseHead.Field]) {
        self.init()
        reserveCapacity(fields.count)
        for field in fields {
            add(String(decoding: field.name, as: UTF8.self), String(decoding: field.value, as: UTF8.self))
        }
    }
}

extension ResponseHead {
    /// Whether the whole body can be waited for.
    var hasSmallBody: Bool {
        switch framing {
        case .none: true
        case .length(let length): length <= Int64(ReceivedHead.smallBody)
        case .chunked, .untilEnd: false
        }
    }
}
