// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import PullLogs

@Suite struct CountingTests {
    @Test(arguments: [
        ("Pulling image \\\"nginx:1.14.2\\\"", "nginx:1.14.2"),
        ("pulling image \\\"a/b\\\"", "a/b"),
        ("(combined from similar events): Pulling image \\\"c\\\"", "c"),
        ("Pulling image \\\"d\\\" for \\\"e\\\"", "d"),
        ("Pulling image \\\"\\u0066\\\"", "f"),
    ])
    func `the image stands between the first pair of quotes`(message: String, image: String) throws {
        #expect(try PullTally.counting("{\"message\":\"\(message)\"}").counts == [image: 1])
    }

    @Test func `the payload's message goes before the entry's`() throws {
        let text = "{\"message\":\"Pulling image \\\"a\\\"\",\"jsonPayload\":{\"message\":\"Pulling image \\\"b\\\"\"}}"
        #expect(try PullTally.counting(text).counts == ["b": 1])
    }

    @Test func `an entry that stands in two exports counts once`() throws {
        let once = entry("a", "2026-11-02T09:00:00Z", id: "x")
        let tally = try PullTally.counting(once + entry("a", "2026-11-02T09:00:01Z", id: "y") + once)
        #expect(tally.counts == ["a": 2])
        #expect(tally.duplicates == 1)
    }

    /// An export of chosen columns has the entry's identifier alone, another one the event's as well.
    @Test func `an entry counts once in exports of which only one knows the event`() throws {
        let whole =
            "{\"insertId\":\"k\",\"timestamp\":\"2026-11-02T09:00:00.5Z\",\"jsonPayload\":{\"count\":1,\"metadata\":{\"uid\":\"u\"},"
            + "\"reason\":\"Pulling\",\"message\":\"Pulling image \\\"a\\\"\"}}\n"
        let columns =
            "timestamp,insertId,jsonPayload.reason,jsonPayload.message\n"
            + "2026-11-02 09:00:00.5 UTC,k,Pulling,\"Pulling image \"\"a\"\"\"\n"
        for logs in [[whole, columns], [columns, whole]] {
            let tally = try PullTally.counting(logs.map { ("log", Array($0.utf8)) })
            #expect(tally.counts == ["a": 1])
            #expect(tally.duplicates == 1)
        }
    }

    @Test func `entries of two moments are two, whatever their identifiers`() throws {
        let log = entry("a", "2026-11-02T09:00:00Z", id: "x") + entry("a", "2026-11-02T09:00:01Z", id: "x")
        #expect(try PullTally.counting(log).counts == ["a": 2])
    }

    /// docs.docker.com, "Docker Hub pull usage and limits": the columns of the report.
    @Test func `Docker Hub's usage report counts pulls by hour, and no checks of versions`() throws {
        var settings = PullSettings()
        settings.unit = .hour
        let report = """
            datehour,user_name,repository,access_token_name,ips,repository_privacy,tag,digest,version_checks,pulls
            2026/11/02/09,acme,library/nginx,ci,192.0.2.1,public,1.27,sha256:\(String(repeating: "ab", count: 32)),0,3
            2026/11/02/10,acme,acme/web,ci,192.0.2.1,private,,sha256:\(String(repeating: "cd", count: 32)),1,2
            2026/11/02/10,acme,acme/web,ci,192.0.2.1,private,2,,5,0
            2026/11/32/10,acme,acme/web,ci,192.0.2.1,private,2,,5,1

            """
        let tally = try PullTally.counting(report, settings)
        #expect(
            tally.counts == ["nginx:1.27": 3, "acme/web@sha256:" + String(repeating: "cd", count: 32): 2])
        #expect(tally.first?.rfc3339 == "2026-11-02T09:00:00Z")
        #expect(tally.last?.rfc3339 == "2026-11-02T10:00:00Z")
        #expect(tally.others[.other] == 1)
        #expect(tally.problems.map(\.reason) == ["\"2026/11/32/10\" is no hour; expected one like 2026/11/24/10"])
    }

    @Test func `entries without an identity all count, as in the guide's query`() throws {
        let once = entry("a", "2026-11-02T09:00:00Z")
        #expect(try PullTally.counting(once + once).counts == ["a": 2])
    }

    /// The cluster's own list and the log have the same event under the same number.
    @Test func `a pull in the log and in kubectl's events counts once`() throws {
        let event = { (count: Int) in
            "\"metadata\":{\"uid\":\"u\"},\"count\":\(count),\"reason\":\"Pulling\",\"message\":\"Pulling image \\\"a\\\"\","
                + "\"firstTimestamp\":\"2026-11-02T09:00:00Z\",\"lastTimestamp\":\"2026-11-02T09:10:00Z\""
        }
        let log = { (count: Int) in "{\"timestamp\":\"2026-11-02T09:10:00Z\",\"jsonPayload\":{\(event(count))}}\n" }
        let list = "{\"kind\":\"List\",\"items\":[{\(event(3))}]}"
        let tally = try PullTally.counting([
            ("log", Array((log(2) + log(3)).utf8)), ("events", Array(list.utf8)),
        ])
        #expect(tally.counts == ["a": 3])
        #expect(tally.duplicates == 2)
        let watched = try PullTally.counting("{\(event(1))}\n{\(event(2))}\n{\(event(2))}\n")
        #expect(watched.counts == ["a": 2])
    }

    @Test func `repeated events are spread between their first and last time`() throws {
        let tally = try PullTally.fixture("kubectl.json")
        #expect(tally.spread == 1)
        let moments = tally.timelines[SourceRegistry(.dockerHub)]?.moments.map(\.at.rfc3339)
        #expect(
            moments == [
                "2026-11-02T09:00:05Z", "2026-11-02T10:30:00Z", "2026-11-02T10:31:10Z", "2026-11-02T16:30:02Z",
                "2026-11-02T23:59:59Z",
            ])
    }

    @Test func `duplicates are forgotten in generations, not kept for ever`() {
        var seen = SeenPulls(generation: 2)
        let ask = { (seen: inout SeenPulls, text: String) in seen.isNew(Array(text.utf8)[...], number: 0) }
        let answers = ["a", "a", "b", "c", "a", "d", "e", "f", "a"].map { ask(&seen, $0) }
        #expect(answers == [true, false, true, true, false, true, true, true, true])
    }

    @Test func `the period takes its beginning and leaves its end`() throws {
        var settings = PullSettings()
        settings.period = Period(since: instant("2026-11-02T09:00:00Z"), until: instant("2026-11-02T10:00:00Z"))
        let times = ["08:59:59", "09:00:00", "09:59:59", "10:00:00"]
        let tally = try PullTally.counting(times.map { entry("a", "2026-11-02T\($0)Z") }.joined(), settings)
        #expect(tally.counts == ["a": 2])
        #expect(tally.outside == 2)
    }

    @Test func `pulls without a time count, but in no period`() throws {
        let text = "{\"message\":\"Pulling image \\\"a\\\"\"}"
        #expect(try PullTally.counting(text).untimed == 1)
        var settings = PullSettings()
        settings.period = Period(since: instant("2026-11-02T09:00:00Z"))
        #expect(try PullTally.counting(text, settings).pulls == 0)
    }
}
