// SPDX-License-Identifier: Apache-2.0

/// What the terminal on standard error can show, told by the environment.
package struct TerminalTraits: Sendable, Hashable {
    /// It is a terminal that moves its cursor.
    package var isScreen: Bool
    /// It shows more than ASCII.
    package var isUnicode: Bool
    package var hasColours: Bool

    package init(isScreen: Bool, isUnicode: Bool, hasColours: Bool) {
        self.isScreen = isScreen
        self.isUnicode = isUnicode
        self.hasColours = hasColours
    }

    /// - Parameters:
    ///   - isTerminal: standard error is one.
    ///   - variable: the value of an environment variable that has one.
    package init(isTerminal: Bool, variable: (String) -> String?) {
        isScreen = isTerminal && !["dumb", "unknown"].contains(variable("TERM") ?? "dumb")
        let locale = (variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? "").lowercased()
        isUnicode = locale.hasSuffix("utf-8") || locale.hasSuffix("utf8") || locale.contains("utf-8@")
        // no-color.org and bixense.com/clicolors: the first one that speaks decides.
        if variable("NO_COLOR") != nil {
            hasColours = false
        } else if let forced = variable("CLICOLOR_FORCE"), forced != "0" {
            hasColours = true
        } else {
            hasColours = isScreen && variable("CLICOLOR") != "0"
        }
    }
}
