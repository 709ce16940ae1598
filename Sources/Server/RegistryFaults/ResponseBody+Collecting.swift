// SPDX-License-Identifier: Apache-2.0

import Files
package import NIOCore
package import RegistryServer

extension ResponseBody {
    /// The whole body in memory, for faults and tests only.
    package func collected() throws -> ByteBuffer {
        switch self {
        case .none: return ByteBuffer()
        case .bytes(let buffer): return buffer
        case .buffers(let buffers):
            return buffers.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        case .file(let file, let range):
            return try file.read(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        case .unchecked(let unchecked):
            try unchecked.check()
            return try unchecked.file.read(at: 0, count: Int(unchecked.file.size))
        }
    }
}
