// SPDX-License-Identifier: Apache-2.0

import OCI

/// What happened at what time in a run, for the charts of its report. Times are seconds since the run began.
package struct RunTimeline: Sendable, Hashable {
    /// Bytes that passed in each column of `step` seconds, at one registry.
    package struct Series: Sendable, Hashable {
        package var registry: String
        package var read: [Int64] = []
        package var written: [Int64] = []

        package init(_ registry: String) { self.registry = registry }

        fileprivate mutating func add(read: Int64, written: Int64, at column: Int) {
            self.read.add(read, at: column)
            self.written.add(written, at: column)
        }

        /// The same series in half as many columns.
        fileprivate var inPairs: Series {
            var series = self
            (series.read, series.written) = (read.inPairs, written.inPairs)
            return series
        }
    }

    /// The transfer of one blob.
    package struct Blob: Sendable, Hashable {
        package var digest: String
        package var size: Int64
        package var source: String
        /// Registry and repository.
        package var target: String
        package var start: Double
        package var end: Double

        package init(digest: String, size: Int64, source: String, target: String, start: Double, end: Double) {
            self.digest = digest
            self.size = size
            self.source = source
            self.target = target
            self.start = start
            self.end = end
        }
    }

    /// An event at one registry: a pause with its length, or a retry with length 0.
    package struct Mark: Sendable, Hashable {
        package var registry: String
        package var start: Double
        package var seconds: Double
        package var reason: String

        package init(registry: String, start: Double, seconds: Double, reason: String) {
            self.registry = registry
            self.start = start
            self.seconds = seconds
            self.reason = reason
        }
    }

    /// The maximum number of columns. If there are more, each two are merged into one.
    static let mostColumns = 600
    static let mostBlobs = 100
    static let mostMarks = 1000

    package var step = 1.0
    package var series: [Series] = []
    /// The largest ones, the largest first.
    package var blobs: [Blob] = []
    package var pauses: [Mark] = []
    package var retries: [Mark] = []

    package init() {}

    package var isEmpty: Bool { series.isEmpty && blobs.isEmpty && pauses.isEmpty && retries.isEmpty }

    // MARK: - Recording

    /// Adds bytes to the column of a time.
    mutating func add(read: Int64, written: Int64, at registry: String, time: Double) {
        var column = Int(saturating: time / step)
        while column >= Self.mostColumns {
            halve()
            column = Int(saturating: time / step)
        }
        let place = series.firstIndex { $0.registry == registry } ?? series.count
        if place == series.count { series.append(Series(registry)) }
        series[place].add(read: read, written: written, at: column)
    }

    private mutating func halve() {
        step *= 2
        series = series.map(\.inPairs)
    }

    /// Whether a blob of this size is among the largest ones so far.
    func takes(blobOf size: Int64) -> Bool { blobs.count < Self.mostBlobs || blobs.last.map { size > $0.size } ?? true }

    mutating func add(_ blob: Blob) {
        guard takes(blobOf: blob.size) else { return }
        let place = blobs.firstIndex { $0.size < blob.size } ?? blobs.count
        blobs.insert(blob, at: place)
        if blobs.count > Self.mostBlobs { blobs.removeLast() }
    }
}

extension [Int64] {
    fileprivate mutating func add(_ bytes: Int64, at column: Int) {
        guard bytes != 0 || column < count else { return }
        while count <= column { append(0) }
        self[column].add(saturating: bytes)
    }

    fileprivate var inPairs: [Int64] {
        stride(from: 0, to: count, by: 2).map { place in
            var sum = self[place]
            if place + 1 < count { sum.add(saturating: self[place + 1]) }
            return sum
        }
    }
}
