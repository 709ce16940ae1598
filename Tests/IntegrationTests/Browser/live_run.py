# SPDX-License-Identifier: Apache-2.0

"""Watches a run at its address and prints, as JSON, what a program finds there.

usage: live_run.py ADDRESS REGISTRY      (REGISTRY holds blobs back until somebody asks it for /open)
"""
import http.client
import json
import socket
import sys
import urllib.parse


class Client:
    def __init__(self, address):
        parts = urllib.parse.urlsplit(address)
        self.host, self.port, self.base = parts.hostname, parts.port, parts.path

    def ask(self, name, method="GET", headers={}, path=None):
        connection = http.client.HTTPConnection(self.host, self.port)
        connection.request(method, self.base + name if path is None else path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        return {"status": answer.status, "headers": {k.lower(): v for k, v in answer.getheaders()}, "body": body}

    def events(self, last=None):
        connection = http.client.HTTPConnection(self.host, self.port)
        connection.request("GET", self.base + "events", headers={"Last-Event-ID": last} if last else {})
        answer = connection.getresponse()
        event = {}
        for line in answer:
            line = line.decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif "event" in event:
                yield {"id": event["id"], "event": event["event"], "data": json.loads(event["data"])}
                event = {}

    def stalled(self):
        """Somebody who asks for events and never reads."""
        connection = socket.create_connection((self.host, self.port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.sendall(f"GET {self.base}events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return connection


def parsed(prometheus, open_metrics):
    """Names of families, as Prometheus's own reader finds them; nothing where it is not installed."""
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
        from prometheus_client.parser import text_string_to_metric_families as read
    except ImportError:
        return None
    return [sorted(f.name for f in read(prometheus)), sorted(f.name for f in read_open(open_metrics))]


def main():
    client, registry = Client(sys.argv[1]), sys.argv[2]
    stalled = client.stalled()
    events = client.events()
    found = {"first": next(events)}
    found["page"] = client.ask("")
    found["prometheus"] = client.ask("metrics")
    found["openMetrics"] = client.ask("metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    found["health"] = client.ask("healthz")
    found["head"] = client.ask("", "HEAD")
    found["post"] = client.ask("", "POST")
    found["foreign"] = client.ask("metrics", headers={"Host": "evil.example"})
    found["absent"] = client.ask("secret")
    found["outside"] = client.ask("", path="/0123456789abcdef0123456789abcdef/")
    found["families"] = parsed(found["prometheus"]["body"], found["openMetrics"]["body"])
    opening = http.client.HTTPConnection(registry)
    opening.request("GET", "/open")
    opening.getresponse().read()
    rest = list(events)
    found["rows"] = sorted({row[0]: row[1][0] for event in [found["first"]] + rest for row in event["data"].get("rows", [])}.items())
    found["last"] = rest[-1]
    stalled.close()
    print(json.dumps(found))


main()
