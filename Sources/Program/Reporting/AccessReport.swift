// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
package import TransferEngine

/// The result of an access check, for people, for programs and as an exit status.
package struct AccessReport: Sendable {
    package struct Row: Sendable {
        package enum Access: String, Sendable {
            case pull
            case push
        }

        package var access: Access
        package var store: StoreID
        /// `host/repository`, as it is shown.
        package var repository: String
        /// The image that was asked for; nil if the question was not about an image.
        package var reference: String?
        /// Where the login was found; nil if no login was used.
        package var credentials: String?
        package var failure: TransferFailure?

        package init(
            _ access: Access, at store: StoreID, repository: String, reference: String?, credentials: String?,
            failure: TransferFailure?
        ) {
            self.access = access
            self.store = store
            self.repository = repository
            self.reference = reference
            self.credentials = credentials
            self.failure = failure
        }
    }

    package var rows: [Row]

    package init(rows: [Row]) { self.rows = rows }

    /// A line of headings, then a line for each row.
    package var table: [String] {
        TextTable(
            ["REPOSITORY", "ACCESS", "ANSWER", "CREDENTIALS"],
            rows.map {
                [$0.repository.displayable, $0.access.rawValue, $0.answer.rawValue, $0.credentials ?? "none"]
            }, of: .words
        ).lines
    }

    /// One JSON object for each row. Their keys are a public interface.
    package var jsonLines: [String] { rows.map(\.json) }

    /// The questions that failed, each with its hint.
    package var problems: [(notice: Notice, hint: String?)] {
        rows.compactMap { row in
            row.failure.map { failure in
                let subject = (row.reference ?? row.repository).displayable
                let notice = Notice(
                    .error, "question failed", "error: \(row.access) \(subject): \(failure.cause.message)",
                    fields: [
                        "access": .string(row.access.rawValue), "repository": .string(row.repository),
                        "reference": JSON(row.reference), "error": ItemLine.error(failure),
                    ])
                return (notice, failure.cause.hint)
            }
        }
    }

    /// `12 questions: 11 ok, 1 refused`
    package var summary: String {
        let parts = Row.Answer.allCases.compactMap { answer in
            let count = rows.count { $0.answer == answer }
            return count > 0 ? "\(count) \(answer)" : nil
        }
        let questions = Quantity.count(rows.count, "question")
        return parts.isEmpty ? questions : "\(questions): \(parts.joined(separator: ", "))"
    }

    /// The summary with its numbers as separate fields.
    package var summaryNotice: Notice {
        var notice = Notice(.info, "summary", summary, fields: ["questions": JSON(rows.count)])
        notice.fields += Row.Answer.allCases.map { answer in
            JSON.Member(key: answer.rawValue, value: JSON(rows.count { $0.answer == answer }))
        }
        return notice
    }

    package var exitStatus: ExitStatus {
        ExitStatus(rows.map { ItemEnding($0.failure) }) { [rows] in
            ItemStores(source: rows[$0].store, target: rows[$0].store)
        }
    }
}

extension AccessReport.Row {
    /// The answer of a registry, in one word.
    enum Answer: String, CaseIterable {
        case ok
        case refused
        case missing
        case failed
    }

    var answer: Answer {
        switch failure?.cause.kind {
        case nil: .ok
        case .unauthorized, .denied: .refused
        case .notFound: .missing
        default: .failed
        }
    }

    fileprivate var json: String {
        JSON.object([
            "access": .string(access.rawValue), "repository": .string(repository), "reference": JSON(reference),
            "status": .string(answer.rawValue), "credentials": JSON(credentials),
            "error": failure.map { failure in
                .object([
                    "kind": .string(failure.cause.kind.rawValue), "message": .string(failure.cause.message),
                    "side": .string(failure.side.rawValue), "hint": JSON(failure.cause.hint),
                ])
            } ?? .null,
        ]).text
    }
}
