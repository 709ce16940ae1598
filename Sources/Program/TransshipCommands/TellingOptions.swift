// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Reporting

/// Which messages are written to standard error, and in which form, for every command of transship's own.
struct TellingOptions: ParsableArguments {
    @Flag(help: "Print only results and errors.") var quiet = false
    @Option(
        help: ArgumentHelp(
            "Form of the messages on standard error: text, or json, an object a line with a constant message and its facts. "
                + "Default: text; json where --progress is json.",
            valueName: "form"))
    var logFormat: LogFormat?

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    var style: NoticeStyle { style() }

    /// - Parameter isAmongJSON: whether other lines on standard error are JSON.
    func style(isAmongJSON: Bool = false) -> NoticeStyle {
        NoticeStyle(isQuiet: quiet, isJSON: (logFormat ?? (isAmongJSON ? .json : .text)) == .json)
    }
}

/// The same options with progress, for commands that take some time.
struct ProgressOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Progress on standard error: auto (a block of lines on a terminal, else a line every 10 s), bar, lines, json, none.",
            valueName: "style"))
    var progress: ProgressStyle?
    @OptionGroup var telling: TellingOptions

    /// With --quiet there is no progress, unless it is requested. If progress is JSON, the messages in between are
    /// JSON, too.
    var noticeStyle: NoticeStyle { telling.style(isAmongJSON: progress == .json) }

    var style: ProgressStyle { progress ?? (telling.quiet ? .none : .auto) }
}
