// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A place in a list.
package struct ListPlace: Hashable, Sendable, CustomStringConvertible {
    /// The file as the user named it; `-` for standard input.
    package var file: String
    /// 1-based.
    package var line: Int
    /// 1-based, in bytes of UTF-8.
    package var column: Int

    package init(file: String, line: Int, column: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file.displayable):\(line):\(column)" }
}

/// One line of a list as it was written: the source and, if the line names one, the target.
package struct BatchEntry: Hashable, Sendable {
    package let source: Reference
    package let target: Reference?
    package let place: ListPlace
    /// The place of the target, or of the source if there is no target.
    package let targetPlace: ListPlace

    package init(source: Reference, target: Reference?, place: ListPlace, targetPlace: ListPlace? = nil) {
        self.source = source
        self.target = target
        self.place = place
        self.targetPlace = targetPlace ?? place
    }
}

/// One copy to make: an entry with a known target. Equal lines are one item.
package struct BatchItem: Hashable, Sendable {
    package let source: Reference
    /// The target. Its tag is set by the copy. A target with a digest and no tag is pushed by digest.
    package let target: Reference
    /// The place of the first line with this item.
    package let place: ListPlace

    package init(source: Reference, target: Reference, place: ListPlace) {
        self.source = source
        self.target = target
        self.place = place
    }
}
