import OCI

/// One at a time for each list of referrers: what two requests of one run read and write at once, one of them would lose.
actor MergeTurns {
    struct List: Hashable {
        let store: StoreID
        let repository: Repository
        let subject: Digest
    }

    /// Lists that are being merged, with those who wait for their turn.
    private var waiting: [List: [CheckedContinuation<Void, Never>]] = [:]

    func enter(_ list: List) async {
        guard waiting[list] != nil else {
            waiting[list] = []
            return
        }
        await withCheckedContinuation { waiting[list]?.append($0) }
    }

    func leave(_ list: List) {
        guard var others = waiting[list], !others.isEmpty else {
            waiting[list] = nil
            return
        }
        let next = others.removeFirst()
        waiting[list] = others
        next.resume()
    }
}
