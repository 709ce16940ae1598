// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Reporting

/// What the arguments name: lists, an image, or a source and a target. Checked, before any request is sent.
enum NamedSubjects {
    case lists(ReadLists)
    case images(source: Reference?, target: Reference)

    init(_ subjects: [String], _ target: TargetOptions) throws {
        let lists = subjects.filter { $0 == "-" || FileBytes.isFile($0) }
        if !target.to.isEmpty || lists.count == subjects.count {
            self = .lists(try target.read(subjects))
        } else if let first = lists.first {
            let image = subjects.first { !lists.contains($0) } ?? ""
            throw CommandFailure.usage(
                ["\(first.displayable) is a list and \(image.displayable) is no file: give lists, or images"])
        } else if subjects.count > 2 {
            throw CommandFailure.usage(["\(subjects.count) images were given: give one, or a source and a target"])
        } else {
            let images = try subjects.map(Self.image)
            // An image alone is only read, so its name need not be allowed for a target.
            if images.count == 2 { try images[1].checkTargetName(.usage) }
            self = .images(source: images.count == 2 ? images[0] : nil, target: images[images.count - 1])
        }
    }

    private static func image(_ text: String) throws -> Reference {
        if isMeantAsFile(text) {
            throw CommandFailure.usage(
                ["there is no file \(text.displayable)"],
                hint: "an image of this name is written docker.io/library/\(text.displayable)")
        }
        if let foreign = ForeignTransport(text) { throw CommandFailure.usage([foreign.message], hint: foreign.hint) }
        if LayoutReference.isMeant(by: text) { return try layout(text) }
        do throws(ReferenceError) { return try Reference(parsing: text) } catch {
            throw CommandFailure.usage(["\(error)"], hint: error.hint)
        }
    }

    /// Whether a text means a file. Docker Hub may have an image of that name, but a missing list is far more likely.
    private static func isMeantAsFile(_ text: String) -> Bool {
        !text.contains { "/:@".contains($0) } && [".txt", ".list", ".json", ".csv"].contains { text.hasSuffix($0) }
    }

    private static func layout(_ text: String) throws -> Reference {
        do throws(ReferenceError.Reason) { return Reference(try LayoutReference(parsing: text)) } catch {
            throw CommandFailure.usage(
                ["\"\(text.displayable)\" is not a layout: \(error.text)"],
                hint: "a layout is written oci:FOLDER, oci:FOLDER:TAG or oci:FOLDER@DIGEST")
        }
    }
}

extension Reference {
    /// Refuses a target name that its registry cannot have, before any request is sent.
    ///
    /// - Parameter status: the exit status of the command in this case.
    func checkTargetName(_ status: ExitStatus = .someFailed) throws {
        guard let name = impossibleName else { return }
        throw CommandFailure(
            "\"\(self)\" cannot be a target: \(name.reason)", hint: possible(name).map { "write \($0)" }, status: status
        )
    }
}
