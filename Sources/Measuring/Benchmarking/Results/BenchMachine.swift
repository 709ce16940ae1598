// SPDX-License-Identifier: Apache-2.0

package import OCI

/// The machine on which a measurement was made. Figures of two machines say little about two registries.
package struct BenchMachine: Sendable, Hashable {
    /// The kernel's name, release and architecture: `Linux 6.1.0-18-amd64 x86_64`.
    package var system: String
    /// The number of processors that this program may use.
    package var processors: Int
    /// What the processor is called; empty if the system does not tell.
    package var model: String
    /// Bytes of memory; nil if the system does not tell.
    package var memory: Int64?

    /// - Parameters:
    ///   - cpuinfo: the text of `/proc/cpuinfo`.
    ///   - meminfo: the text of `/proc/meminfo` (proc_meminfo(5)), which counts in KiB.
    package init(system: String, processors: Int, cpuinfo: String, meminfo: String) {
        (self.system, self.processors) = (system, processors)
        model = Self.value("model name", in: cpuinfo) ?? ""
        memory = Self.value("MemTotal", in: meminfo)?.split(separator: " ").first.flatMap { Int64($0) }
            .map { $0.multiplied(saturatingBy: 1024) }
    }

    private static func value(_ name: String, in text: String) -> String? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        guard let line, let colon = line.firstIndex(of: ":") else { return nil }
        return String(line[colon...].dropFirst().drop { $0 == " " || $0 == "\t" })
    }
}

extension BenchMachine {
    package var json: JSON {
        .object([
            "system": .string(system), "processors": JSON(processors), "model": .string(model),
            "memory": memory.map { JSON($0) } ?? .null,
        ])
    }

    /// nil if the document says nothing of a machine, as those of older programs.
    init?(reading json: JSON) {
        guard let system = json["system"]?.string else { return nil }
        self.init(
            system: system, processors: Int(clamping: json["processors"]?.integer ?? 0), cpuinfo: "", meminfo: "")
        (model, memory) = (json["model"]?.string ?? "", json["memory"]?.integer)
    }
}
