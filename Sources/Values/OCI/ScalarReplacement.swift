// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// This text with some of its scalars replaced, for a format in which they have a meaning.
    ///
    /// Formats consist of scalars or bytes. A quote with a combining mark is one `Character`, and so are a carriage return
    /// and a line feed, so a comparison of characters would find neither.
    package func replacingScalars(_ written: (Unicode.Scalar) -> String?) -> String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if let text = written(scalar) { result += text } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
