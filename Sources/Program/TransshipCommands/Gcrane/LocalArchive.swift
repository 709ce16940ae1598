// SPDX-License-Identifier: Apache-2.0

import DockerArchive
import ImageAssembly
import LayerVerification

extension GzipDeflater: LayerCompressor {}

extension TarInspector: ArchiveInspector {}

extension ArchiveStore {
    /// One image of an archive. Uncompressed layers are compressed with gzip, as crane sends them. Blocks.
    init(compressing image: DockerArchive.Image, of archive: DockerArchive) throws {
        try self.init(image, of: archive, compression: { try GzipDeflater() })
    }
}
