// SPDX-License-Identifier: Apache-2.0

import DockerArchive
import ImageAssembly
import LayerVerification

extension GzipDeflater: LayerCompressor {}

extension TarInspector: ArchiveInspector {}

extension ArchiveStore {
    /// One image of an archive, with layers that are not compressed as crane would send them: as gzip. Blocks.
    init(compressing image: DockerArchive.Image, of archive: DockerArchive) throws {
        try self.init(image, of: archive, compression: { try GzipDeflater() })
    }
}
