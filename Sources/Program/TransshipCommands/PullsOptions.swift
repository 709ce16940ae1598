// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import PullLogs

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum PullsFormat: String, ExpressibleByArgument, CaseIterable {
    case table, csv, json
}

extension TimeUnit: ExpressibleByArgument {}
extension DateStyle: ExpressibleByArgument {}

/// A limit from the command line, which is checked when the arguments are parsed.
struct LimitArgument: ExpressibleByArgument {
    let limit: GivenLimit

    init?(argument: String) {
        guard let limit = GivenLimit(argument) else { return nil }
        self.limit = limit
    }
}

struct TimeFormatArgument: ExpressibleByArgument {
    let format: TimeFormat

    init?(argument: String) {
        guard let format = TimeFormat(argument) else { return nil }
        self.format = format
    }
}

/// The file of a chart. The end of its name says which kind it is.
struct ChartArgument {
    enum Kind: String, CaseIterable { case svg, html }

    let path: String
    let kind: Kind

    init(_ path: String) throws {
        guard let kind = Kind.allCases.first(where: { path.lowercased().hasSuffix(".\($0.rawValue)") }) else {
            throw ValidationError(
                "a chart is an .svg or .html file; rsvg-convert chart.svg -o chart.png makes a PNG of one")
        }
        (self.path, self.kind) = (path, kind)
    }
}

extension TimeZoneRules {
    /// A zone by what the user calls it: UTC, an offset, `local`, or a name of the tz database, read from its file.
    static func named(_ name: String, _ environment: CommandEnvironment) throws -> TimeZoneRules {
        if let fixed = TimeZoneRules(fixed: name) { return fixed }
        if name == "local" {
            if let place = environment["TZ"], place != "local" { return try named(place, environment) }
            return try read("/etc/localtime", name: name) ?? .utc
        }
        let isPlain = !name.hasPrefix("/") && !name.split(separator: "/").contains("..")
        let folder = environment["TZDIR"] ?? "/usr/share/zoneinfo"
        if isPlain, let zone = try read("\(folder)/\(name)", name: name) { return zone }
        throw CommandFailure.usage(
            ["--timezone: \"\(name.displayable)\" is no time zone in \(folder.displayable)"],
            hint: "use a name like Europe/Berlin, an offset like +02:00, UTC or local")
    }

    private static func read(_ path: String, name: String) throws -> TimeZoneRules? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return TimeZoneRules(name: name, file: try FileBytes.read(path))
    }
}
