// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import OCI
import Reporting

/// Where an export goes: a file, or standard output.
struct ExportOutput: Sendable {
    private let file: FileDraft?
    private let console: Console

    init(_ path: String, _ console: Console) throws {
        self.console = console
        do throws(FileProblem) { file = path == "-" ? nil : try FileDraft(for: path, access: .usual) } catch {
            throw CommandFailure("open \(path.displayable): \(error.reason)", hint: error.hint)
        }
    }

    func write(_ buffer: ByteBuffer) throws {
        guard buffer.readableBytes > 0 else { return }
        guard let file else { return console.output(bytes: Array(buffer.readableBytesView)) }
        do { try buffer.withUnsafeReadableBytes { try file.append($0) } } catch {
            throw CommandFailure("\(error)".displayable)
        }
    }

    /// Gives the file its name, now that it is complete.
    func finish() throws {
        do throws(FileProblem) { try file?.commit() } catch { throw CommandFailure("\(error)".displayable) }
    }
}
