// SPDX-License-Identifier: Apache-2.0

package import Content
package import NIOCore
package import OCI
import Synchronization

/// Inflates a layer on the workers' threads while its bytes are sent to the target, and checks the result.
///
/// The stream's task only hands buffers over; they wait in `mailbox`, within the workers' budget. One worker at a time
/// processes a layer, and leaves it after each round, so that no layer blocks the others.
package final class LayerCheck: BlobInspection {
    /// The result of the check at the end of the layer.
    package struct Verdict: Sendable, Hashable {
        /// The digest of the inflated bytes; nil if it was not requested.
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
    /// The size of the decoder's window, taken from the workers' budget; nil until the layer has begun.
    private let window = Mutex<Int?>(nil)
    private let judge: @Sendable (Verdict) throws(ContentFailure) -> Void

    /// - Parameters:
    ///   - format: the format in the layer's media type. The first bytes of the layer decide.
    ///   - hashing: computes the diff ID with this algorithm; nil: only inflates.
    ///   - judge: makes the final decision about the result.
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
        // The digest is not known yet. A second download distinguishes a damaged layer from a damaged transfer.
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

    /// Reserves the memory of the layer's decoder, according to the layer's first bytes.
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

    /// One round: processes what waits now, then goes to the end of the queue.
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
            // The budget of submitted buffers is returned even after a fault.
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

    /// A function that resumes the task waiting for the result, if there is one. To be called outside the lock.
    fileprivate mutating func takeAnswer() -> (() -> Void)? {
        guard let result, let waiter else { return nil }
        self.waiter = nil
        return { waiter.resume(returning: result) }
    }
}

extension ByteBuffer {
    /// The memory that the buffer keeps: even a short read keeps the whole receive buffer alive.
    fileprivate var memory: Int { Swift.max(storageCapacity, readableBytes) }
}

/// The decoder and the hash behind it.
private struct Inflation: ~Copyable {
    /// The size of the decoder's window, in bytes.
    var window = 0
    private let limit: ExpansionLimit
    private let format: LayerFormat
    private let layer: Digest
    private let algorithm: Digest.Algorithm?
    /// The first bytes, until there are enough to detect the compression.
    private var head = ByteBuffer()
    private var packing: LayerPacking?
    private var decoder: (any LayerDecoder)?
    private var hash: ContentHash?
    /// Bytes of an uncompressed archive.
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

    /// Detects the compression from the first bytes.
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
            // The digest of an uncompressed layer is its diff ID, and has been computed already.
            let diffID = algorithm == layer.algorithm ? layer : hash?.finish()
            return LayerCheck.Verdict(diffID: algorithm == nil ? nil : diffID, inflatedSize: plainSize)
        }
        try decoder.finish()
        return LayerCheck.Verdict(diffID: hash?.finish(), inflatedSize: decoder.produced)
    }
}
