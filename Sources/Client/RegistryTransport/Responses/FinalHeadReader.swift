// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Collects the bytes of the head of an answer, and skips the informational heads before it.
struct FinalHeadReader {
    private let isAnswerToHead: Bool
    private let secrets: SentSecrets
    private var reader: ResponseHeadReader
    private var informationalHeads = 0

    /// `103 Early Hints` may come a few times; more is a way to keep a client busy.
    private static let mostInformationalHeads = 32

    /// - Parameter secrets: the secrets that were sent, which the head may repeat.
    init(isAnswerToHead: Bool, hiding secrets: SentSecrets) {
        self.isAnswerToHead = isAnswerToHead
        self.secrets = secrets
        reader = ResponseHeadReader(isAnswerToHead: isAnswerToHead, hiding: secrets)
    }

    /// Takes the bytes that belong to the heads; nil while the last one is incomplete.
    mutating func read(_ buffer: inout ByteBuffer) throws(ResponseHead.Refusal) -> ResponseHead? {
        while let head = try reader.read(&buffer) {
            guard head.isInformational else { return head }
            informationalHeads += 1
            guard informationalHeads <= Self.mostInformationalHeads else {
                throw ResponseHead.Refusal(
                    status: head.status, reason: "more than \(Self.mostInformationalHeads) informational answers")
            }
            reader = ResponseHeadReader(isAnswerToHead: isAnswerToHead, hiding: secrets)
        }
        return nil
    }
}
