// SPDX-License-Identifier: Apache-2.0

/// How a copy stood at one moment.
package struct CopyMoment: Sendable, Hashable {
    /// One registry's requests: under way, and allowed at once.
    package struct Lane: Sendable, Hashable {
        package var inFlight: Int
        package var limit: Int
        /// The registry is left alone for a while, because it asked for that.
        package var isPaused: Bool

        package init(inFlight: Int = 0, limit: Int = 0, isPaused: Bool = false) {
            self.inFlight = inFlight
            self.limit = limit
            self.isPaused = isPaused
        }

        /// Another request would have to wait.
        var isFull: Bool { limit > 0 && inFlight >= limit }
    }

    /// Seconds since the copy began.
    package var time: Double
    package var source: Lane
    package var target: Lane
    /// CPU seconds of the process so far.
    package var cpu: Double
    /// Tokens that were being asked for.
    package var tokens: Int

    package init(time: Double, source: Lane, target: Lane, cpu: Double, tokens: Int = 0) {
        self.tokens = tokens
        self.time = time
        self.source = source
        self.target = target
        self.cpu = cpu
    }
}

/// What the time of a copy went into, as far as looking at it again and again tells. Shares of the time, from 0 to 1.
package struct CopyProfile: Sendable, Hashable {
    /// Only the source, only the target, both, or neither had requests under way.
    package var source = 0.0
    package var target = 0.0
    package var both = 0.0
    package var neither = 0.0
    /// As many requests were under way as the registry is allowed.
    package var sourceFull = 0.0
    package var targetFull = 0.0
    /// A token was being asked for, whatever else went on.
    package var tokens = 0.0
    /// A registry was left alone, because its limits asked for that.
    package var paused = 0.0
    /// CPU time of the process by the time that went by: 1 is one core.
    package var cpu = 0.0

    /// nil where there were fewer than two looks.
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
