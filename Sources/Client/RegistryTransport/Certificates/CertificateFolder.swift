// SPDX-License-Identifier: Apache-2.0

import Files
import NIOSSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The certificates for one host: `*.crt` are authorities to trust, `NAME.cert` with `NAME.key` is the client certificate
/// (docs.docker.com/engine/security/certificates).
struct CertificateFolder {
    struct Identity {
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
    }

    let authorities: [NIOSSLCertificate]
    let identity: Identity?

    /// - Throws: if a file cannot be read, or a client certificate lacks its key or the reverse, because the user relies on
    ///   it.
    init(_ path: String) throws(TransportSetupError) {
        let names = try Self.names(in: path)
        var authorities: [NIOSSLCertificate] = []
        for name in names where name.hasSuffix(".crt") { authorities += try Self.certificates("\(path)/\(name)") }
        self.authorities = authorities
        identity = try Self.identity(path, names)
    }

    /// The first client certificate, in the order of names.
    private static func identity(_ path: String, _ names: [String]) throws(TransportSetupError) -> Identity? {
        for name in names where name.hasSuffix(".key") {
            let certificate = name.dropLast(4) + ".cert"
            guard names.contains(String(certificate)) else {
                throw problem("\(path)/\(name) has no \(certificate) beside it")
            }
        }
        guard let name = names.first(where: { $0.hasSuffix(".cert") }) else { return nil }
        let key = name.dropLast(5) + ".key"
        guard names.contains(String(key)) else { throw problem("\(path)/\(name) has no \(key) beside it") }
        let chain = try certificates("\(path)/\(name)")
        do { return Identity(chain: chain, key: try NIOSSLPrivateKey(file: "\(path)/\(key)", format: .pem)) } catch {
            throw problem("cannot read a key from \(path)/\(key)")
        }
    }

    private static func names(in path: String) throws(TransportSetupError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
            throw problem("cannot read the folder \(path)")
        }
    }

    private static func certificates(_ path: String) throws(TransportSetupError) -> [NIOSSLCertificate] {
        do { return try NIOSSLCertificate.fromPEMFile(path) } catch {
            throw problem("cannot read certificates from \(path)")
        }
    }

    private static func problem(_ text: String) -> TransportSetupError { TransportSetupError(description: text) }

    /// All certificates in the folders of `SSL_CERT_DIR`, each of them once. Other files are skipped.
    ///
    /// A system's folder names each certificate several times: by links, and in the file that contains all of them. To read
    /// and trust each of them under every name takes 6 ms more CPU time (280 names), for each program start.
    ///
    /// - Parameter known: certificates that are trusted already.
    static func certificates(in folders: [String], without known: [NIOSSLCertificate]) -> [NIOSSLCertificate] {
        var (files, seen, result) = (Set<FileIdentity>(), Set(known), [NIOSSLCertificate]())
        for folder in folders {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? [] {
                let path = "\(folder)/\(name)"
                guard let file = try? Files.identity(path), files.insert(file).inserted else { continue }
                for certificate in (try? NIOSSLCertificate.fromPEMFile(path)) ?? []
                where seen.insert(certificate).inserted {
                    result.append(certificate)
                }
            }
        }
        return result
    }
}
