// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import RegistryTransport

@Suite(.enabled(if: Certificates.openssl != nil, "openssl makes the certificates"))
struct CertificateFolderTests {
    @Test func `a folder's certificates are trusted once, however many names they have there`() throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try certificates.issue("registry", for: "IP:127.0.0.1", days: 2)
        let folder = certificates.folder.appendingPathComponent("certs")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let authority = try Data(contentsOf: URL(fileURLWithPath: certificates.authority))
        let other = try Data(contentsOf: URL(fileURLWithPath: certificates.path("registry.pem")))
        try (authority + other).write(to: folder.appendingPathComponent("all.crt"))
        try authority.write(to: folder.appendingPathComponent("authority.pem"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/0a1b2c3d.0", withDestinationPath: "authority.pem")
        let found = CertificateFolder.certificates(in: [folder.path, folder.path], without: [])
        #expect(found.count == 2 && Set(found).count == 2)
        let more = CertificateFolder.certificates(in: [folder.path], without: [found[0]])
        #expect(more == [found[1]])
    }
}
