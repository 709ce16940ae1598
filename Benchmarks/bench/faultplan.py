# SPDX-License-Identifier: Apache-2.0

"""Which request meets which fault: a question answered by a seed, without a clock and without a wire."""

import collections
import random
import re

UPLOADS = re.compile(r"/v2/(.+)/blobs/uploads/([^?]*)")
MANIFEST = re.compile(r"/v2/(.+)/manifests/([^?]+)")
BLOB = re.compile(r"/v2/(.+)/blobs/([^?/]+)")
DIGEST = re.compile(r"[?&]digest=([^&]+)")
MOUNT = re.compile(r"[?&]mount=([^&]+)")


class Request:
    """What one request asks for, as far as faults go."""

    def __init__(self, head, length):
        self.head, self.length = head, length
        line = head.split(b"\r\n", 1)[0].decode("latin-1")
        self.method, _, rest = line.partition(" ")
        self.path = rest.rpartition(" ")[0]
        self.repository = self.digest = self.session = None
        self.operation, self.name = self._understood()

    def _understood(self):
        """The kind of request, and its path without what differs from run to run: sessions, states, where mounts come from."""
        if found := UPLOADS.match(self.path):
            self.repository, self.session = found[1], found[2]
            named = (DIGEST if found[2] else MOUNT).search(self.path)
            self.digest = named and named[1].replace("%3A", ":").replace("%3a", ":")
            name = f"/v2/{found[1]}/blobs/uploads/{'*' if found[2] else ''} {self.digest or ''}".strip()
            return ("session" if found[2] else "start"), name
        if found := MANIFEST.match(self.path):
            self.repository, self.digest = found[1], found[2] if ":" in found[2] else None
            return ("manifest" if self.digest else "tag"), found[0]
        if found := BLOB.match(self.path):
            self.repository, self.digest = found[1], found[2]
            return "blob", found[0]
        return ("ping" if self.path == "/v2/" else "other"), self.path

    @property
    def reads(self):
        """Whether bytes come down."""
        return self.method == "GET" and self.operation in ("tag", "manifest", "blob")

    @property
    def sends(self):
        """Whether bytes go up."""
        return self.length > 0 and self.method in ("PUT", "PATCH")

    @property
    def commits(self):
        """Whether a blob is there once it is answered."""
        return self.method == "PUT" and self.operation == "session"

    @property
    def puts_manifest(self):
        return self.method == "PUT" and self.operation in ("tag", "manifest")

    def __str__(self):
        return f"{self.method} {self.name}"


def _always(request):
    return True


def _reads(request):
    return request.reads


def _sends(request):
    return request.sends


#: Every kind of fault, and the requests that can meet it.
KINDS = {
    # answered instead of the registry
    "500": _always,
    "502": _always,
    "503": _always,
    "504": _always,
    "524": _always,
    "429": _always,
    "429-retry-after": _always,
    "early-503": _sends,
    "html-login": _always,
    "bad-head": _always,
    "status-below-100": _always,
    "session-unknown": lambda request: request.operation == "session" and request.method in ("PATCH", "PUT", "GET"),
    "416": lambda request: request.method == "PATCH",
    "blob-unknown": lambda request: request.puts_manifest,
    "expired-url": lambda request: request.method == "GET" and request.operation == "blob",
    "redirect-loop": lambda request: request.method == "GET" and request.operation == "blob",
    # broken connections
    "reset": _always,
    "reset-down": _reads,
    "reset-up": _sends,
    "truncated": _reads,
    "closed-idle": _always,
    # wrong answers
    "wrong-blob": lambda request: request.reads and request.operation == "blob",
    "wrong-manifest": lambda request: request.reads and request.operation == "manifest",
    "wrong-tag": lambda request: request.reads and request.operation == "tag",
    "wrong-blob-up": lambda request: request.sends and request.operation == "session",
    "wrong-manifest-up": lambda request: request.sends and request.puts_manifest,
    "short-length": _reads,
    "long-length": _reads,
    "head-length": lambda request: request.method == "HEAD",
    # slow ones
    "stall": _always,
    "stall-down": _reads,
    "stall-up": _sends,
    "drip-down": _reads,
    "drip-up": _sends,
    # passed on, and the answer lost
    "lost-answer": lambda request: request.method not in ("GET", "HEAD"),
    "landed-504": lambda request: request.method not in ("GET", "HEAD"),
}
#: A pause of a whole registry costs every request of a second: an even share of them would be all that a run does.
RARE = {"429": 0.25, "429-retry-after": 0.25}


class Plan:
    """The faults of one side under one seed: the same for the same method, path and how often it was asked for."""

    def __init__(self, seed, side, share, kinds):
        self.seed, self.side, self.share = seed, side, share
        self.kinds = {kind: KINDS[kind] for kind in kinds}
        self.asked = collections.Counter()

    def fault(self, request):
        """A kind and its source of randomness; None for a request that meets none."""
        if not self.share:
            return None
        key = str(request)
        self.asked[key] += 1
        chance = random.Random(f"{self.seed} {self.side} {key} {self.asked[key]}")
        possible = [kind for kind, applies in self.kinds.items() if applies(request)]
        if chance.random() >= self.share or not possible:
            return None
        return chance.choices(possible, [RARE.get(kind, 1) for kind in possible])[0], chance
