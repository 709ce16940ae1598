// SPDX-License-Identifier: Apache-2.0

/// What texts that share their variables say: a script, a job with its steps, or a step with its own variables.
struct ShellPlace {
    /// The number of the outer place.
    var outer = 0
    var variables = ShellVariables()
    /// Words in the place of an image, and the part of each that is shown, if not all of it.
    var images: [(word: TracedText, written: TracedText?)] = []
    /// Images of settings with a tag of their own, which may be only a part of another image.
    var named: [(name: String, word: TracedText, written: TracedText)] = []
    /// Words that name images of this machine. They are not pulled where they are named.
    var locals: [(word: TracedText, isRemoved: Bool)] = []
    /// Words that name images that are made here.
    var productWords: [TracedText] = []
    var settings: [(name: String, raw: TracedText)] = []
    /// `NAME=value`, for builds and clusters.
    var arguments: [TracedText] = []
    /// Words that do not name an image, but may use variables that images are also composed of.
    var others: [TracedText] = []
    /// Words by which a kustomization in the text searches for images.
    var searched: [TracedText] = []
    /// Images that commands let a kustomization replace.
    var replacements: [KustomizeOperand] = []
    /// Commands that search for text in files.
    var edits: [StreamEdit] = []
    /// The settings that each command gives to a chart.
    var chartSettings: [(chart: TracedText?, words: [TracedText])] = []
    /// The charts to which commands give files, by the commands' numbers.
    var charts: [Int: TracedText] = [:]
    /// Files that commands name, with the folder in which the commands run. Files of one command have the same number.
    var files: [FileOfCommand] = []

    typealias FileOfCommand = (meant: NamedFile, word: TracedText, folder: String, command: Int)
    /// The builds that commands run.
    var builds: [BuildCommand] = []
    /// Texts that commands get as input.
    var documents: [ShellHeredoc] = []
}
