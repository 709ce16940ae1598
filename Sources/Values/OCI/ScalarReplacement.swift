// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// This text with some of its scalars written otherwise, for a format that gives them a meaning.
    ///
    /// Formats see scalars or bytes. A quote with a combining mark behind it is one `Character`, and so are a carriage return
    /// and a line feed: whoever compares characters finds neither of them.
    package func replacingScalars(_ written: (Unicode.Scalar) -> String?) -> String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if let text = written(scalar) { result += text } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
