import OCI

/// The numbers and choices of a run.
package struct TransferSettings: Sendable {
    /// Items under way at once between two stores; the others wait in order.
    package var jobs = 32
    /// Requests under way at once to one store, for reading and for writing each, at most: each lane finds out how many
    /// the store takes.
    package var connectionsPerStore = 64
    /// Copy layers that are by convention left where they are.
    package var includesForeignLayers = false
    /// Copy what refers to each manifest as well.
    package var copiesReferrers = false
    /// Put the source's signatures in the place of other ones that the target has under the same tags.
    package var replacesSignatures = false
    /// Leave a tag alone that exists at the target, whatever it names.
    package var keepsExistingTags = false
    /// Ask the source what it has for a tag that is left alone, to tell what is the same from what was kept.
    package var comparesKeptTags = false
    /// Fetch a source's manifest while the target is asked what it has: for one image, whose round trips are what takes time.
    package var asksBothSidesAtOnce = false
    /// Sources known to count pulls before their first answer says so.
    package var countedSources: Set<StoreID> = []
    /// Wait, if need be for hours, where a source's pulls are used up; else its items fail at once.
    package var waitsForPulls = false
    package var retry = RetryPolicy()
    package var pieces = PieceSettings()
    package var ranges = RangeSettings()
    /// Bytes a second that blobs move at, all together; nil: as fast as they can.
    package var bytesPerSecond: Int64?
    /// Bytes of blobs in memory at once, and of one blob among them, at most.
    package var transitBytes: Int64 = 64 << 20
    package var transitBytesPerBlob: Int64 = 8 << 20
    /// Bytes of manifests kept for items still to come.
    package var manifestCacheBytes = 32 << 20
    /// Bytes of memory for what a survey keeps of the sources' manifests.
    package var surveyBytes = 512 << 20
    /// How deep indexes may nest, and how many descriptors one item may reach: bounds against hostile graphs.
    package var graphDepth = 16
    package var graphDescriptors = 100_000
    /// Start of the random numbers that spread retries.
    package var seed: UInt64 = 0x5DEE_CE66

    package init() {}
}

extension Set<StoreID> {
    /// Registries known to count pulls (docs.docker.com, "Docker Hub pull usage and limits").
    package static var knownByName: Set<StoreID> { [StoreID(RegistryHost.dockerHub.name)] }
}

/// When and how often a failed request is tried again.
package struct RetryPolicy: Sendable {
    /// Tries of one request or blob, the first one included.
    package var attempts = 5
    /// Tries when content does not match its digest, each on another connection: what damages one transfer in a hundred
    /// does not damage four of the same, and a source that is damaged itself says the same thing each time.
    package var attemptsOnCorruption = 4
    /// Tries of a manifest that the target cannot read: its bytes may have been damaged on their way up.
    package var attemptsOnUnreadable = 3
    /// Tries of a manifest whose content the target does not see yet: stores behind several replicas need some seconds
    /// (quay#208, goharbor/harbor#22417). Four pauses from `base` on are 7.5 s; then the content is placed once more.
    package var attemptsOnMissingContent = 5
    /// Tries of a store that cannot be reached at all: whoever watches one copy wants to know of a mistyped host at once.
    package var attemptsOnUnreachable = 5
    package var base: Duration = .milliseconds(500)
    package var cap: Duration = .seconds(60)
    /// A store that answered before and answers nothing now may be restarting: it is asked again at least this often, and
    /// waited for this long.
    package var capInOutage: Duration = .seconds(15)
    package var patienceInOutage: Duration = .seconds(900)
    /// A store that asks for a longer pause than this is given up on.
    package var longestPause: Duration = .seconds(900)
    /// How long one request is tried that is refused for being one too many.
    package var patience: Duration = .seconds(1800)
    /// How long one request is tried for which this process has too many files open while others run.
    package var patienceForDescriptors: Duration = .seconds(120)

    package init() {}
}
