// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import OCILayout
import RegistryTransport
import TransferEngine

/// The stores of one run, by name. The names are parsed once, when the run is created.
struct Places: Sendable {
    private enum Place {
        case registry(RegistryHost)
        case layout(LayoutStore)
        case own(OwnStore)
    }

    private let network: RegistryNetwork
    private var places: [StoreID: Place] = [:]

    init(_ references: some Sequence<ImageReference>, over network: RegistryNetwork, and stores: OwnStores) {
        self.network = network
        for reference in references where places[reference.endpoint.store] == nil {
            places[reference.endpoint.store] = Self.place(reference.value.registry, stores)
        }
    }

    private static func place(_ host: RegistryHost, _ stores: OwnStores) -> Place {
        if let folder = host.layoutFolder { return .layout(LayoutStore(folder)) }
        return stores.store(at: host).map { .own($0) } ?? .registry(host)
    }

    /// - Precondition: each requested store is named by a reference of this run.
    var stores: RunStores { RunStores { store($0, $1) } }

    private func store(_ id: StoreID, _ side: TransferSide) -> any ContentTarget {
        switch places[id] {
        case .registry(let host): network.store(for: host, as: side == .source ? .source : .target)
        case .layout(let layout): layout
        case .own(let store): store
        case nil: preconditionFailure("a store that is in no reference of the run")
        }
    }

    /// The executors of requests: the event loops of their connections. Files and users' stores may block and would delay
    /// the event loops, so runs with them use the default executor.
    var executors: [any TaskExecutor] {
        places.values.allSatisfy { if case .registry = $0 { true } else { false } } ? EventLoopExecutor.all : []
    }
}
