// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing
import TransshipTesting

@testable import PullLogs

@Suite struct PullNumberTests {
    private let now = Instant(secondsSince1970: 1_790_000_000)

    @Test(arguments: ExtremeNumber.all) func `limits and lengths of time are numbers above zero, or are refused`(
        number: ExtremeNumber
    ) {
        let isCount = (number.value ?? 0) > 0
        #expect((GivenLimit("r.io=\(number.text)/1d") != nil) == isCount)
        let isLength = isCount && (number.value ?? 0) < 1_000_000
        #expect((GivenLimit("r.io=5/\(number.text)d") != nil) == (isLength || number.text.isEmpty))
        #expect((Period.bound("\(number.text)w", now: now, zone: .utc) != nil) == isLength)
        // No date has so few digits or so many.
        #expect(Period.bound(number.text, now: now, zone: .utc) == nil)
        #expect(TimeZoneRules(fixed: "+\(number.text)")?.name != "+1_0")
    }

    @Test(arguments: ExtremeNumber.all) func `an entry with any number is counted or malformed, and can be drawn`(
        number: ExtremeNumber
    ) throws {
        let text = JSON.string(number.text).text
        let message = #""message":"Pulling image \"a\"""#
        let logs = [text, number.text].flatMap { value in
            [
                #"{"reason":"Pulling",\#(message),"count":\#(value),"firstTimestamp":"2026-11-02T09:00:00Z","lastTimestamp":"2026-11-02T10:00:00Z"}"#,
                #"{"reason":"Pulling",\#(message),"timestamp":\#(value)}"#,
                #"{"imageName":"a","numberOfPulls":\#(value),"timeOfImagePull":"11/02/26 09:01"}"#,
                #"{"imageName":"a","numberOfPulls":1,"timeOfImagePull":\#(value)}"#,
            ]
        }
        for log in logs {
            // Where the text is no JSON the whole log may be unreadable.
            guard let tally = try? PullTally.counting(log + "\n") else { continue }
            let limits = PullLimit.table(given: [GivenLimit("docker.io=9223372036854775807/1s")].compactMap { $0 })
            let report = PullReport(tally, limits: limits, expected: [], uses: nil)
            #expect(!PullChart(report, zone: .utc).svg.isEmpty)
            #expect(!PullText(report, unit: .minute, format: nil, zone: .utc).tables.contains("nan"))
            #expect(tally.pulls <= 1_000_000)
        }
    }

    @Test(arguments: ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"]) func `a cell cannot become a formula`(
        image: String
    ) throws {
        let log = #"{"imageName":\#(JSON.string(image).text),"numberOfPulls":1}"# + "\n"
        let report = PullReport(try PullTally.counting(log), limits: [], expected: [], uses: nil)
        let line = try #require(PullText(report, unit: nil, format: nil, zone: .utc).csv.last)
        #expect(line.hasPrefix("\"'\(image.displayable)\","))
    }

    @Test(arguments: [("a,\u{301}b", "\"a,\u{301}b\","), ("a\"\u{301}b", "\"a\"\"\u{301}b\",")])
    func `a cell stays one, also with a mark behind what divides cells`(image: String, cell: String) throws {
        let log = #"{"imageName":\#(JSON.string(image).text),"numberOfPulls":1}"# + "\n"
        let report = PullReport(try PullTally.counting(log), limits: [], expected: [], uses: nil)
        let line = try #require(PullText(report, unit: nil, format: nil, zone: .utc).csv.last)
        #expect(line.hasPrefix(cell), "\(line)")
    }
}
