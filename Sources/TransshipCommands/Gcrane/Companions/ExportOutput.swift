import NIOCore
import OCI
import OCILayout
import Reporting

/// Where an export goes: a file, or standard output.
struct ExportOutput: Sendable {
    private let file: LayoutFile?
    private let console: Console

    init(_ path: String, _ console: Console) throws {
        self.console = console
        do { file = path == "-" ? nil : try LayoutFile(replacing: path) } catch {
            throw CommandFailure("\(error)".displayable)
        }
    }

    func write(_ buffer: ByteBuffer) throws {
        guard buffer.readableBytes > 0 else { return }
        guard let file else { return console.output(bytes: Array(buffer.readableBytesView)) }
        do { try file.append(buffer) } catch { throw CommandFailure("\(error)".displayable) }
    }
}
