// SPDX-License-Identifier: Apache-2.0

package import Content
package import NIOCore
package import OCI
import Synchronization

/// Inflates a layer on the workers' threads while its bytes go on to the target, and compares what comes out.
///
/// The stream's task only hands buffers over; they wait in `mailbox`, within the workers' budget. One worker at a time
/// looks after a layer, and leaves it after each round so that no layer keeps the others waiting.
package final class LayerCheck: BlobInspection {
    /// What the check found when the layer came to its end.
    package struct Verdict: Sendable, Hashable {
        /// Over the inflated bytes; nil where nobody asked for it.
        package var diffID: Digest?
        package var inflatedSize: Int64
    }

    fileprivate struct Mailbox {
        var buffers: [ByteBuffer] = []
        /// A worker has the layer, or will get it.
        var isScheduled = false
        var isClosed = false
        var result: Result<Verdict, LayerFailure>?
        var waiter: CheckedContinuation<Result<Verdict, LayerFailure>, Never>?
    }

    private let layer: Descriptor
    private let workers: InflateWorkers
    private let mailbox = Mutex(Mailbox())
    /// Locked only by the worker that has the layer.
    private let inflation: Mutex<Inflation>
    /// Bytes that the decoder may look back, taken from the workers' budget; nil until the layer has begun.
    private let window = Mutex<Int?>(nil)
    private let judge: @Sendable (Verdict) throws(ContentFailure) -> Void

    /// - Parameters:
    ///   - format: what the layer's media type says; its first bytes have the last word.
    ///   - hashing: computes the diff ID with this algorithm; nil: only inflates.
    ///   - judge: has the last word about what was found.
    package init(
        of layer: Descriptor, declared format: LayerFormat = .gzip, hashing algorithm: Digest.Algorithm?,
        limit: ExpansionLimit, on workers: InflateWorkers,
        judge: @escaping @Sendable (Verdict) throws(ContentFailure) -> Void
    ) {
        self.layer = layer
        self.workers = workers
        self.judge = judge
        inflation = Mutex(Inflation(limit, format, algorithm, of: layer.digest))
    }

    deinit { if let window = window.withLock({ $0 }) { workers.windows.give(back: window) } }

    package func update(_ buffer: ByteBuffer) async throws(ContentFailure) {
        if window.withLock({ $0 == nil }) { await begin(with: buffer) }
        let cost = buffer.memory
        await workers.budget.take(cost)
        let (failure, schedules) = mailbox.withLock { mailbox in
            if case .failure(let failure) = mailbox.result { return (Optional(failure), false) }
            mailbox.buffers.append(buffer)
            return (nil, mailbox.schedule())
        }
        if schedules { workers.submit(work) }
        guard let failure else { return }
        workers.budget.give(back: cost)
        // The digest is not known yet: a second download tells a damaged layer from a damaged transfer.
        throw damaged(failure, retry: .later)
    }

    package func finish() async throws(ContentFailure) {
        let result = await withCheckedContinuation { continuation in
            let (result, schedules) = mailbox.withLock { mailbox in
                mailbox.isClosed = true
                mailbox.waiter = continuation
                return (mailbox.takeAnswer(), mailbox.result == nil && mailbox.schedule())
            }
            if schedules { workers.submit(work) }
            result?()
        }
        switch result {
        case .success(let verdict): try judge(verdict)
        case .failure(let failure): throw damaged(failure, retry: .never)
        }
    }

    /// Gets the memory that the layer's decoder will need, by what the layer begins with.
    private func begin(with buffer: ByteBuffer) async {
        let head = buffer.readableBytesView
        let isZstandard = LayerPacking(start: head) == .zstd
        let size = isZstandard ? ZstandardInflater.window(of: head) ?? ZstandardInflater.usualWindow : 0
        let granted = min(size, ZstandardInflater.largestWindow)
        await workers.windows.take(granted)
        window.withLock { $0 = granted }
        inflation.withLock { $0.window = granted }
    }

    private func damaged(_ failure: LayerFailure, retry: ContentFailure.Retry) -> ContentFailure {
        if failure.reason == .noMemory {
            return ContentFailure(.tooLarge, "layer \(layer.digest.short) cannot be checked: \(failure)", retry: .later)
        }
        if failure.isExcess {
            return ContentFailure(
                .tooLarge, "layer \(layer.digest.short) is refused \(failure)",
                hint: "--verify digest does not look inside")
        }
        return ContentFailure(.corrupt, "layer \(layer.digest.short) is damaged \(failure)", retry: retry)
    }

    // MARK: - On a worker's thread

    /// One round: what waits now, then back to the end of the queue.
    private func work() {
        let (buffers, isLast) = mailbox.withLock { ($0.takeBuffers(), $0.isClosed) }
        let result = inflate(buffers, isLast: isLast)
        let (schedules, surplus, answer) = mailbox.withLock { mailbox in
            mailbox.isScheduled = false
            mailbox.result = result
            guard result == nil else { return (false, mailbox.takeBuffers(), mailbox.takeAnswer()) }
            let goesOn = !mailbox.buffers.isEmpty || mailbox.isClosed
            return (goesOn && mailbox.schedule(), [], nil)
        }
        if schedules { workers.submit(work) }
        workers.budget.give(back: surplus.reduce(0) { $0 + $1.memory })
        answer?()
    }

    /// - Returns: nil while neither the end nor a fault was reached.
    private func inflate(_ buffers: [ByteBuffer], isLast: Bool) -> Result<Verdict, LayerFailure>? {
        inflation.withLock { inflation in
            var remaining = buffers.reduce(0) { $0 + $1.memory }
            // Also after a fault: what was handed over is given back.
            defer { workers.budget.give(back: remaining) }
            do throws(LayerFailure) {
                for buffer in buffers {
                    try inflation.update(buffer)
                    remaining -= buffer.memory
                    workers.budget.give(back: buffer.memory)
                }
                return isLast ? .success(try inflation.finish()) : nil
            } catch {
                return .failure(error)
            }
        }
    }
}

extension LayerCheck.Mailbox {
    /// Whether the caller has to submit a round.
    fileprivate mutating func schedule() -> Bool {
        defer { isScheduled = true }
        return !isScheduled
    }

    fileprivate mutating func takeBuffers() -> [ByteBuffer] {
        defer { buffers = [] }
        return buffers
    }

    /// What wakes whoever waits for the result, once it is there; to be called outside the lock.
    fileprivate mutating func takeAnswer() -> (() -> Void)? {
        guard let result, let waiter else { return nil }
        self.waiter = nil
        return { waiter.resume(returning: result) }
    }
}

extension ByteBuffer {
    /// What keeping it costs: a short read keeps the whole receive buffer alive.
    fileprivate var memory: Int { Swift.max(storageCapacity, readableBytes) }
}

/// The decoder and the hash behind it.
private struct Inflation: ~Copyable {
    /// Bytes that the decoder may look back.
    var window = 0
    private let limit: ExpansionLimit
    private let format: LayerFormat
    private let layer: Digest
    private let algorithm: Digest.Algorithm?
    /// The first bytes, until there are enough to tell how they are packed.
    private var head = ByteBuffer()
    private var packing: LayerPacking?
    private var decoder: (any LayerDecoder)?
    private var hash: ContentHash?
    /// Bytes of an archive that is not packed.
    private var plainSize: Int64 = 0

    init(_ limit: ExpansionLimit, _ format: LayerFormat, _ algorithm: Digest.Algorithm?, of layer: Digest) {
        hash = algorithm.map { ContentHash($0) }
        self.limit = limit
        self.format = format
        self.layer = layer
        self.algorithm = algorithm
    }

    mutating func update(_ buffer: ByteBuffer) throws(LayerFailure) {
        if packing == nil {
            head.writeImmutableBuffer(buffer)
            if head.readableBytes >= LayerPacking.headLength { try begin() }
        } else {
            try buffer.withUnsafeReadableBytes { bytes throws(LayerFailure) in try take(bytes) }
        }
    }

    /// The first bytes are there: from here on it is known what follows.
    private mutating func begin() throws(LayerFailure) {
        let packing = LayerPacking(head: head.readableBytesView, declared: format)
        (self.packing, decoder) = (packing, try packing.decoder(limit: limit, window: window))
        let head = self.head
        self.head = ByteBuffer()
        try head.withUnsafeReadableBytes { bytes throws(LayerFailure) in try take(bytes) }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) throws(LayerFailure) {
        guard let decoder else {
            plainSize += Int64(bytes.count)
            if algorithm != layer.algorithm { hash?.update(bytes) }
            return
        }
        try decoder.update(bytes) { hash?.update($0) }
    }

    mutating func finish() throws(LayerFailure) -> LayerCheck.Verdict {
        if packing == nil { try begin() }
        guard let decoder else {
            // What is not packed is its own diff ID, whose hash was computed on the way already.
            let diffID = algorithm == layer.algorithm ? layer : hash?.finish()
            return LayerCheck.Verdict(diffID: algorithm == nil ? nil : diffID, inflatedSize: plainSize)
        }
        try decoder.finish()
        return LayerCheck.Verdict(diffID: hash?.finish(), inflatedSize: decoder.produced)
    }
}
