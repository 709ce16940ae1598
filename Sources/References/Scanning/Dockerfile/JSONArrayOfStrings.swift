// SPDX-License-Identifier: Apache-2.0

import OCI

/// The exec form of an instruction: `["program", "argument"]`.
enum JSONArrayOfStrings {
    static func isOne(_ bytes: [UInt8]) -> Bool {
        guard let elements = (try? JSON(bytes))?.array else { return false }
        return elements.allSatisfy { $0.string != nil }
    }
}
