// SPDX-License-Identifier: Apache-2.0

/// The state of a copy at one moment.
package struct CopyMoment: Sendable, Hashable {
    /// One registry's requests: in flight, and allowed at once.
    package struct Lane: Sendable, Hashable {
        package var inFlight: Int
        package var limit: Int
        /// Whether no requests are sent for a while, because the registry asked for a pause.
        package var isPaused: Bool

        package init(inFlight: Int = 0, limit: Int = 0, isPaused: Bool = false) {
            self.inFlight = inFlight
            self.limit = limit
            self.isPaused = isPaused
        }

        /// Whether another request would have to wait.
        var isFull: Bool { limit > 0 && inFlight >= limit }
    }

    /// Seconds since the copy began.
    package var time: Double
    package var source: Lane
    package var target: Lane
    /// CPU seconds of the process so far.
    package var cpu: Double
    /// The number of token requests in flight.
    package var tokens: Int
    /// The requests that have begun so far.
    package var begun: CopyRequests

    package init(
        time: Double, source: Lane, target: Lane, cpu: Double, tokens: Int = 0, begun: CopyRequests = CopyRequests()
    ) {
        self.tokens = tokens
        self.begun = begun
        self.time = time
        self.source = source
        self.target = target
        self.cpu = cpu
    }
}

/// How a copy used its time, estimated from samples. All values except `cpu` are shares of the time, from 0 to 1.
package struct CopyProfile: Sendable, Hashable {
    /// Requests in flight at the source only, at the target only, at both, or at neither.
    package var source = 0.0
    package var target = 0.0
    package var both = 0.0
    package var neither = 0.0
    /// As many requests were in flight as are allowed for the registry.
    package var sourceFull = 0.0
    package var targetFull = 0.0
    /// A token request was in flight, whatever else was.
    package var tokens = 0.0
    /// A registry was paused, because its limits required it.
    package var paused = 0.0
    /// CPU time of the process divided by the elapsed time: 1 is one core.
    package var cpu = 0.0

    /// nil if there are fewer than two samples.
    package init?(_ moments: [CopyMoment]) {
        guard let first = moments.first, let last = moments.last, last.time > first.time else { return nil }
        let whole = last.time - first.time
        for (moment, next) in zip(moments, moments.dropFirst()) {
            let share = (next.time - moment.time) / whole
            switch (moment.source.inFlight > 0, moment.target.inFlight > 0) {
            case (true, false): source += share
            case (false, true): target += share
            case (true, true): both += share
            case (false, false): neither += share
            }
            if moment.source.isFull { sourceFull += share }
            if moment.target.isFull { targetFull += share }
            if moment.tokens > 0 { tokens += share }
            if moment.source.isPaused || moment.target.isPaused { paused += share }
        }
        cpu = (last.cpu - first.cpu) / whole
    }
}
