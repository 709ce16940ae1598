// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
package import TransferEngine

extension Notice {
    /// - Parameter isSummedUp: people see it in the number of another notice.
    static func retrying(
        _ name: ItemName, _ failure: TransferFailure, after delay: Duration, isSummedUp: Bool = false
    ) -> Notice {
        Notice(
            .info, "retrying",
            isSummedUp
                ? "" : "retrying \(name.source.displayable) in \(Quantity.time(delay)): \(failure)",
            fields: [
                "source": .string(name.source), "target": .string(name.target), "seconds": .seconds(delay),
                "error": ItemLine.error(failure),
            ])
    }

    /// No requests are sent to a store for a while.
    package static func waiting(_ store: StoreID, _ pause: Duration, _ reason: PauseReason = .asked) -> Notice {
        let length = Quantity.time(pause)
        let text =
            switch reason {
            case .asked: "waiting \(length) for \(store), as it asked"
            case .outage: "\(store) does not answer any more; asking again in \(length)"
            }
        return Notice(
            .info, "waiting", text,
            fields: [
                "registry": .string(store.name), "seconds": .seconds(pause),
                "reason": .string(reason == .asked ? "asked" : "outage"),
            ])
    }

    package static func failed(_ name: ItemName, _ failure: TransferFailure) -> Notice {
        Notice(
            .error, "item failed", "error: \(name.source.displayable) -> \(name.target.displayable): \(failure)",
            fields: ["source": .string(name.source), "target": .string(name.target), "error": ItemLine.error(failure)])
    }

    /// How many pulls a registry still allows.
    package static func pullsLeft(at store: StoreID, _ text: String) -> Notice {
        Notice(
            .info, "pulls left", "\(store): \(text)", fields: ["registry": .string(store.name), "text": .string(text)])
    }

    /// A problem of an image that an audit has found.
    static func damaged(_ name: ItemName, _ problem: TransferFailure) -> Notice {
        Notice(
            .error, "item failed", "error: \(name.target.displayable): \(problem)",
            fields: ["source": .string(name.source), "target": .string(name.target), "error": ItemLine.error(problem)])
    }

    /// The number of problems that are not reported one by one.
    static func damaged(_ name: ItemName, further: Int) -> Notice {
        Notice(
            .error, "item failed further", "error: \(name.target.displayable): \(further) more",
            fields: ["source": .string(name.source), "target": .string(name.target), "more": JSON(further)])
    }
}

extension JSON {
    static func seconds(_ duration: Duration) -> JSON {
        .number(Quantity.fixed(Quantity.seconds(duration), decimals: 1))
    }
}
