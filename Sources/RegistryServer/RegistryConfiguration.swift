import NIOSSL

/// How a registry is served.
package struct RegistryConfiguration: Sendable {
    package enum Storage: Sendable {
        /// Gone with the process.
        case memory
        /// A folder, made if needed; one process at a time (`DiskStorage`).
        case disk(path: String)
        /// One that exists already, for instance to look into it from a test.
        case existing(any RegistryStorage)
    }

    /// A PEM certificate chain and its private key.
    package struct TLS: Sendable {
        package var certificatePath: String
        package var keyPath: String

        package init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }

    package var storage: Storage
    package var host = "127.0.0.1"
    /// 0 takes any free one.
    package var port = 0
    package var tls: TLS?
    package var limits = RegistryLimits()
    /// Disk storage: flush every file to the device before it is committed.
    package var flushesToDevice = false

    package init(storage: Storage = .memory) { self.storage = storage }
}
