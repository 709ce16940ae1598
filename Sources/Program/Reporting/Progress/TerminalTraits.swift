// SPDX-License-Identifier: Apache-2.0

/// What the terminal on standard error can show, according to the environment.
package struct TerminalTraits: Sendable, Hashable {
    /// Standard error is a terminal on which the cursor can be moved.
    package var isScreen: Bool
    /// The terminal shows more than ASCII.
    package var isUnicode: Bool
    package var hasColours: Bool

    package init(isScreen: Bool, isUnicode: Bool, hasColours: Bool) {
        self.isScreen = isScreen
        self.isUnicode = isUnicode
        self.hasColours = hasColours
    }

    /// - Parameters:
    ///   - isTerminal: whether standard error is a terminal.
    ///   - variable: returns the value of an environment variable; nil if it is not set.
    package init(isTerminal: Bool, variable: (String) -> String?) {
        isScreen = isTerminal && !["dumb", "unknown"].contains(variable("TERM") ?? "dumb")
        let locale = (variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? "").lowercased()
        isUnicode = locale.hasSuffix("utf-8") || locale.hasSuffix("utf8") || locale.contains("utf-8@")
        // no-color.org and bixense.com/clicolors: the first variable that applies decides.
        if variable("NO_COLOR") != nil {
            hasColours = false
        } else if let forced = variable("CLICOLOR_FORCE"), forced != "0" {
            hasColours = true
        } else {
            hasColours = isScreen && variable("CLICOLOR") != "0"
        }
    }
}
