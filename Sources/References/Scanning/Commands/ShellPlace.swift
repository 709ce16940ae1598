// SPDX-License-Identifier: Apache-2.0

/// What texts say that share their variables: a script, a job with its steps, or a step with variables of its own.
struct ShellPlace {
    /// The number of the place around it.
    var outer = 0
    var variables = ShellVariables()
    /// Words that stand where an image is named, and what is shown of them, where that is not all.
    var images: [(word: TracedText, written: TracedText?)] = []
    /// Words that name images that are made.
    var productWords: [TracedText] = []
    var settings: [(name: String, raw: TracedText)] = []
    /// `NAME=value`, of builds and clusters.
    var arguments: [TracedText] = []
    /// Words that name no image and may hold what images are made of, too.
    var others: [TracedText] = []
    /// What each command gives to a chart.
    var chartSettings: [[TracedText]] = []
    /// Files that commands name, with the folder that they run in.
    var files: [(meant: NamedFile, word: TracedText, folder: String)] = []
    /// What commands build.
    var builds: [BuildCommand] = []
    /// Texts that are handed to commands.
    var documents: [ShellHeredoc] = []
}
