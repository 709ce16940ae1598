// SPDX-License-Identifier: Apache-2.0

import Content
import Files
import Foundation
import Testing

@testable import OCILayout

@Suite struct LayoutFailureTests {
    /// Exit code 5 is for credentials that were refused, and 3 for all else.
    @Test(arguments: [EROFS, EIO, EACCES, EPERM, ENOSPC, EFBIG, EDQUOT])
    func `a folder that cannot be written refuses no login`(number: CInt) {
        let failure = LayoutStore.failure(of: FileProblem("write", "layout/blobs/x", .system(number)))
        let hasNoRoom = [ENOSPC, EFBIG, EDQUOT].contains(number)
        #expect(failure.kind == (hasNoRoom ? .tooLarge : .unavailable) && failure.retry == .never)
    }
}
