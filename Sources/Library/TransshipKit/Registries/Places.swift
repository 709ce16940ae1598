// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import OCILayout
import RegistryTransport
import TransferEngine

/// The stores of one run, by their names: parsed once, when the run is made.
struct Places: Sendable {
    private enum Place {
        case registry(RegistryHost)
        case layout(LayoutStore)
    }

    private let network: RegistryNetwork
    private var places: [StoreID: Place] = [:]

    init(_ references: some Sequence<ImageReference>, over network: RegistryNetwork) {
        self.network = network
        for reference in references {
            let host = reference.value.registry
            let place = host.layoutFolder.map { Place.layout(LayoutStore($0)) } ?? .registry(host)
            places[reference.endpoint.store] = places[reference.endpoint.store] ?? place
        }
    }

    /// - Precondition: each is asked for by a reference of this run.
    var stores: RunStores { RunStores { store($0, $1) } }

    private func store(_ id: StoreID, _ side: TransferSide) -> any ContentTarget {
        switch places[id] {
        case .registry(let host): network.store(for: host, as: side == .source ? .source : .target)
        case .layout(let layout): layout
        case nil: preconditionFailure("a store that is in no reference of the run")
        }
    }

    /// What requests run on: the loops of their connections, unless files are read or written, which would hold those up.
    var executors: [any TaskExecutor] {
        places.values.contains { if case .layout = $0 { true } else { false } } ? [] : EventLoopExecutor.all
    }
}
