// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import PullLogs

@Suite struct TimeTests {
    @Test(arguments: [
        "2026-11-24T10:30:00Z", "2026-11-24t10:30:00z", "2026-11-24T10:30:00.123456789Z", "2026-11-24T12:30:00+02:00",
        "2026-11-24T03:00:00-07:30", "2026-11-24 10:30:00 UTC", "2026-11-24 10:30:00.5 UTC", "2026-11-24 10:30:00",
        "2026-11-24 10:30:00+00", "2026-11-24T10:30:00+0000", "11/24/26 10:30", "1795516200", "1.7955162E9",
        "1795516200000", "1795516200000000",
    ])
    func `the same moment in the notations of logs`(text: String) {
        #expect(Instant(text.utf8)?.rfc3339 == "2026-11-24T10:30:00Z")
    }

    @Test(arguments: [
        "", "yesterday", "2026-11-24T", "2026-02-30", "2026-11-24T25:00:00Z", "2026-11-24T10:30:00Zx", "nan", "-1e5",
    ])
    func `other texts are no time`(text: String) { #expect(Instant(text.utf8) == nil) }

    @Test func `relative and absolute ends of a period`() {
        let now = instant("2026-11-24T10:30:00Z")
        let zone = TimeZoneRules(name: "+02:00", offset: 7200)
        let bound = { Period.bound($0, now: now, zone: zone)?.rfc3339 }
        #expect(bound("7d") == "2026-11-17T10:30:00Z")
        #expect(bound("90m") == "2026-11-24T09:00:00Z")
        #expect(bound("2026-11-24") == "2026-11-23T22:00:00Z")
        #expect(bound("2026-11-24T10:00") == "2026-11-24T08:00:00Z")
        #expect(bound("2026-11-24T10:00:00Z") == "2026-11-24T10:00:00Z")
        #expect(bound("soon") == nil)
        #expect(bound("-7d") == nil)
    }

    @Test func `times are written as FORMAT_TIMESTAMP writes them`() {
        let moment = instant("2026-03-05T07:08:09Z")
        let zone = TimeZoneRules(name: "x", offset: -5400)
        let text = { TimeFormat($0)?.text(of: moment, in: zone) }
        #expect(text("%D %R") == "03/05/26 05:38")
        #expect(text("%F %T") == "2026-03-05 05:38:09")
        #expect(text("%a %A %b %e %j %y%%") == "Thu Thursday Mar  5 064 26%")
        #expect(text("%s") == "1772694489")
        #expect(text("%FT%T%:z") == "2026-03-05T05:38:09-01:30")
        #expect(TimeFormat("%Q") == nil)
        #expect(TimeFormat("%") == nil)
    }

    /// The operating system's own reading of the same files is the measure.
    @Test(arguments: ["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "America/Sao_Paulo"])
    func `zones agree with the system's`(name: String) throws {
        let file = URL(filePath: "/usr/share/zoneinfo/\(name)")
        // A system without the tz database has nothing to compare with.
        guard let bytes = try? Data(contentsOf: file), let system = TimeZone(identifier: name) else { return }
        let zone = try #require(TimeZoneRules(name: name, file: Array(bytes)))
        var wrong: [String] = []
        for day in stride(from: Int64(0), to: 80 * 365, by: 3) {
            let second = day * 86_400 + 3599 * (day % 24)
            let expected = system.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
            let offset = zone.offset(at: Instant(secondsSince1970: second))
            if offset != Int64(expected) { wrong.append("\(second): \(offset), not \(expected)") }
        }
        #expect(wrong == [])
    }

    @Test func `rules for summer hold on both halves of the earth`() throws {
        let berlin = try #require(YearlyRule("CET-1CEST,M3.5.0,M10.5.0/3"))
        #expect(berlin.offset(at: instant("2040-03-25T00:59:59Z").secondsSince1970) == 3600)
        #expect(berlin.offset(at: instant("2040-03-25T01:00:00Z").secondsSince1970) == 7200)
        #expect(berlin.offset(at: instant("2040-10-28T01:00:00Z").secondsSince1970) == 3600)
        let sydney = try #require(YearlyRule("AEST-10AEDT,M10.1.0,M4.1.0/3"))
        #expect(sydney.offset(at: instant("2040-01-01T00:00:00Z").secondsSince1970) == 39_600)
        #expect(sydney.offset(at: instant("2040-07-01T00:00:00Z").secondsSince1970) == 36_000)
        #expect(YearlyRule("<+0530>-5:30")?.offset(at: 0) == 19_800)
    }

    @Test func `days begin at the zone's midnight, also when clocks change that day`() {
        let change = TimeZoneRules.Change(at: instant("2026-10-25T01:00:00Z").secondsSince1970, offset: 3600)
        let zone = TimeZoneRules(name: "x", firstOffset: 7200, changes: [change], yearly: nil)
        for time in ["2026-10-24T22:00:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T22:59:59Z"] {
            #expect(TimeUnit.day.start(of: instant(time), in: zone).rfc3339 == "2026-10-24T22:00:00Z")
        }
        // The hour that comes twice is two rows.
        #expect(TimeUnit.hour.start(of: instant("2026-10-25T00:30:00Z"), in: zone).rfc3339 == "2026-10-25T00:00:00Z")
        #expect(TimeUnit.hour.start(of: instant("2026-10-25T01:30:00Z"), in: zone).rfc3339 == "2026-10-25T01:00:00Z")
    }

    @Test(arguments: [[], [1, 2, 3], Array("TZif2".utf8), Array("TZif2".utf8) + [UInt8](repeating: 255, count: 100)])
    func `bytes that are no zone are refused`(bytes: [UInt8]) {
        #expect(TimeZoneRules(name: "x", file: bytes) == nil)
    }
}
