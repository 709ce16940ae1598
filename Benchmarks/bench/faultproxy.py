# SPDX-License-Identifier: Apache-2.0

"""A front before a registry that plays faults, and counts what passes."""

import asyncio
import collections
import contextlib
import html
import json
import multiprocessing
import re
import socket
import struct
import time

from .faultplan import Plan, Request
from .front import CHUNKED, LENGTH, Front, close, length_of, pieces, read_head

STATUSES = {
    200: "OK", 307: "Temporary Redirect", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 416: "Range Not Satisfiable",
    429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    524: "A Timeout Occurred",
}
LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action=/login>Please sign in.</form></body></html>\n"
EXPIRED = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
NO_STATUSES = (b"HTTP/1.1 000 \r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 050 Early\r\nContent-Length: 0\r\n\r\n")
BAD_HEADS = (b"\x00\x7f\x01\xff\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n")
LOCATION = re.compile(rb"\r\nlocation: *[^\r]*/blobs/uploads/([^?\r]+)", re.IGNORECASE)
STORAGE, LOOP = "/storage/", "/loop/"
DIGEST = re.compile(rb"sha256:([0-9a-f]{64})")
#: Seconds that a slow body takes.
DRIP = 2.0
DROPS = 16


class FaultProxy(Front):
    """Plays a share of faults, and passes on the rest; `ask()` tells what was asked and played.

    `side` is `source` or `target`: both sides of a run draw their own faults. A share of 0 only counts.
    """

    def __init__(self, behind, side, share=0.0, seed=0, kinds=(), stall=3.0):
        super().__init__(behind)
        self.plan = Plan(seed, side, share, kinds)
        self.stall = stall
        self.requests = 0
        #: How often each fault was played, and when, to what.
        self.played, self.log = collections.Counter(), []
        #: How often a registry took a blob, by repository and digest.
        self.commits = collections.Counter()
        #: How often a registry took a manifest, by repository and tag or digest.
        self.manifests = collections.Counter()
        #: Blobs, mounts and manifests that a registry took, each once; their number is seen by other processes, too, without asking.
        self.taken, self.written = set(), multiprocessing.Value("q", 0, lock=False)
        #: Upload sessions that a client knows of, did not end, and never asked to cancel.
        self.sessions = set()
        #: What was asked of each session, and the fault that it met.
        self.steps = collections.defaultdict(list)
        self.begin = time.monotonic()

    def facts(self):
        return {
            "requests": self.requests, "played": self.played, "log": self.log, "commits": self.commits, "manifests": self.manifests,
            "sessions": len(self.sessions), "steps": [self.steps[session] for session in self.sessions],
        }

    async def connection(self, reader, writer):
        line = Line(self, reader, writer)
        try:
            while line.open and (head := await read_head(reader, writer)):
                await self._exchange(line, head)
        finally:
            line.leave()

    async def _exchange(self, line, head):
        request = Request(head, length_of(head))
        if request.path.startswith((STORAGE, LOOP)):
            await astray(line, request)
            return
        self.requests += 1
        line.take(request)
        if request.method == "DELETE":
            self.sessions.discard(request.session)
        kind, chance = self.plan.fault(request) or (None, None)
        line.kind = kind
        if request.session:
            self.steps[request.session].append(f"{request}: {kind or 'passed on'}")
        if not kind:
            await line.pass_on()
            return
        line.chance = chance
        before = time.monotonic() - self.begin
        try:
            await PLAYS[kind](line)
        finally:
            if line.played:
                self.played[kind] += 1
                self.log.append((round(before, 2), kind, str(request)))


class Line:
    """A client's connection, and the one behind it; the request that is on its way."""

    def __init__(self, proxy, reader, writer):
        self.proxy, self.reader, self.writer = proxy, reader, writer
        self.near = None
        self.open = True

    def take(self, request):
        self.request = request
        #: Bytes of the request that its client still has to send.
        self.unread = request.length
        self.played = True
        #: The answer's head, and where its body comes from and how long it is.
        self.head, self.body, self.length = None, None, 0

    # What the client sent

    async def send(self, body=None):
        """Passes the request to the registry, with its body as it comes or another one, and takes the answer's head."""
        self.near = self.near or await self.proxy.behind()
        reader, forth = self.near
        forth.write(self.request.head)
        answer = asyncio.ensure_future(read_head(reader))
        try:
            async for piece in body or self.asked():
                if answer.done():
                    break
                self.unread -= len(piece)
                forth.write(piece)
                await forth.drain()
            self.head = await answer
        except ConnectionError:
            self.head = await answer  # the registry has left; it may have said why
        finally:
            answer.cancel()
        if not self.head:
            raise ConnectionResetError("the registry left")
        await self._understand()

    def asked(self):
        """The request's body, as it comes."""
        return pieces(self.reader, self.unread)

    async def _understand(self):
        status = self.status
        if self.request.method == "HEAD" or status in (204, 304):
            self.length = 0
        elif CHUNKED.search(self.head):
            self.body = await chunks(self.near[0])
            self.length = len(self.body)
            self.head = CHUNKED.sub(b"\r\nContent-Length: %d" % self.length, self.head)
        else:
            self.length = length_of(self.head)
        if status == 201:
            self._count_write()
        if begun := self.session:
            self.proxy.sessions.add(begun)
            self.proxy.steps[begun].append(f"{self.request}: begun, {self.kind or 'passed on'}")
        if b"\r\nconnection: close\r\n" in self.head.lower():
            self.open = False

    def _count_write(self):
        request, proxy = self.request, self.proxy
        proxy.taken.add((request.repository, request.digest or request.name))
        proxy.written.value = len(proxy.taken)
        if request.commits:
            proxy.commits[request.repository, request.digest] += 1
            proxy.sessions.discard(request.session)
        elif request.puts_manifest:
            proxy.manifests[request.name] += 1

    @property
    def status(self):
        return int(self.head.split(b" ", 2)[1])

    @property
    def session(self):
        """The upload session that the answer begins; None if it is another one."""
        found = self.request.operation == "start" and self.status == 202 and LOCATION.search(self.head)
        return found[1].decode("latin-1") if found else None

    async def drop(self):
        """Reads the request's body and forgets it."""
        async for piece in self.asked():
            self.unread -= len(piece)

    # What it is answered

    async def pass_on(self):
        """The request and the answer as they are."""
        await self.send()
        await self.give()

    async def give(self, body=None):
        """The registry's answer, with its body as it comes or another one."""
        self.writer.write(self.head)
        given = 0
        async for piece in body or self.answered(self.length):
            self.writer.write(piece)
            given += len(piece)
            await self.writer.drain()
        await self.writer.drain()
        if self.unread:
            self.leave()
        if given < self.length:
            self.leave_registry()

    def answered(self, count):
        """The first bytes of the answer's body, as they come."""
        return pieces(self.near[0], count) if self.body is None else one_piece(self.body[:count])

    async def whole(self):
        """Reads the answer's body, which is short, so that it can be looked at."""
        self.body = b"".join([piece async for piece in self.answered(self.length)])
        return self.body

    async def say(self, status, body=b"", fields=(), kind="application/json"):
        """An answer of the proxy's own, once the request's body is read."""
        await self.drop()
        self.write(status, body, fields, kind)
        await self.writer.drain()

    def write(self, status, body=b"", fields=(), kind="application/json"):
        lines = [f"HTTP/1.1 {status} {STATUSES[status]}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *fields, "", ""]
        self.writer.write("\r\n".join(lines).encode() + (b"" if self.request.method == "HEAD" else body))

    # How it ends

    def reset(self):
        with contextlib.suppress(OSError):
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        self.leave()

    def leave(self):
        """Ends both connections, in order."""
        self.open = False
        close(self.writer)
        self.leave_registry()

    def leave_registry(self):
        if self.near:
            close(self.near[1])
            self.near = None


async def one_piece(body):
    yield body


async def changed(body, position, change):
    """A body with one byte changed."""
    start = 0
    async for piece in body:
        if start <= position < start + len(piece):
            piece = bytearray(piece)
            piece[position - start] = change(piece[position - start])
        start += len(piece)
        yield bytes(piece)


async def paced(reader, parts, seconds):
    """A body in parts of these sizes, with a pause before each but the first."""
    for number, part in enumerate(parts):
        if number:
            await asyncio.sleep(seconds)
        async for piece in pieces(reader, part):
            yield piece


async def chunks(reader):
    """A body in chunks, put together."""
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass
    return body


async def astray(line, request):
    """What is found where a redirect led: a signed URL that has expired, or the next redirect."""
    line.take(request)
    if request.path.startswith(STORAGE):
        await line.say(403, EXPIRED, kind="application/xml")
    else:
        await line.say(307, fields=[f"Location: {LOOP}{int(request.path.rpartition('/')[2]) + 1}"])


def error(code, message):
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def refusal(status, *fields):
    """A status that a registry or what is before it answers, with a page as proxies have it."""
    body = f"<html><head><title>{status} {html.escape(STATUSES[status])}</title></head></html>\n".encode()
    return lambda line: line.say(status, body, fields, "text/html")


async def early(line):
    """An answer before the request's body is read, and the end."""
    line.write(503, b"", ["Connection: close"])
    await line.writer.drain()
    await asyncio.sleep(0.05)
    line.leave()


async def login_page(line):
    await line.say(200, LOGIN, kind="text/html; charset=utf-8")


def bad_head(heads):
    """An answer that is none, and the end."""

    async def play(line):
        await line.drop()
        line.writer.write(line.chance.choice(heads))
        await line.writer.drain()
        line.leave()

    return play


async def session_unknown(line):
    """The session ends at the registry, too: a client that is told so has nothing to cancel."""
    await line.drop()
    line.proxy.sessions.discard(line.request.session)
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        reader, forth = await line.proxy.behind()
        forth.write(b"DELETE" + line.request.head[len(line.request.method):].split(b"\r\n", 1)[0]
                    + b"\r\nHost: registry\r\nConnection: close\r\n\r\n")
        await read_head(reader)
        close(forth)
    await line.say(404, error("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"))


async def range_refused(line):
    await line.say(416)


async def blob_unknown(line):
    await line.say(400, error("MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"))


async def expired(line):
    place = f"Location: {STORAGE}{line.request.digest}?X-Amz-Expires=0&X-Amz-Signature=0123456789abcdef"
    await line.say(307, fields=[place])


async def loop(line):
    await line.say(307, fields=[f"Location: {LOOP}0"])


async def reset(line):
    line.reset()


async def reset_up(line):
    """Both ends see a connection that breaks inside the request's body."""
    _, forth = line.near = line.near or await line.proxy.behind()
    forth.write(line.request.head)
    async for piece in pieces(line.reader, line.chance.randrange(line.request.length)):
        forth.write(piece)
        await forth.drain()
    line.reset()


async def closed_idle(line):
    await line.pass_on()
    await asyncio.sleep(line.chance.uniform(0, 0.05))
    line.leave()


def flip(chance):
    bit = 1 << chance.randrange(8)
    return lambda byte: byte ^ bit


def damaged(body, chance):
    """A manifest with one byte changed: any, or a digit of a digest that it lists, which leaves it well-formed, as often."""
    digests = list(DIGEST.finditer(body))
    if digests and chance.random() < 0.5:
        position = chance.choice(digests).start(1) + chance.randrange(64)
        return changed(one_piece(body), position, lambda byte: ord("1") if byte == ord("0") else ord("0"))
    return changed(one_piece(body), chance.randrange(len(body)), flip(chance))


def with_body(play):
    """A fault inside the body of an answer that is what was asked for; another answer is passed on."""

    async def body_fault(line):
        await line.send()
        if line.length < 2 or line.body is not None or line.status not in (200, 206):
            line.played = False
            await line.give()
        else:
            await play(line)

    return body_fault


@with_body
async def reset_down(line):
    await line.give(line.answered(line.chance.randrange(line.length)))
    line.reset()


@with_body
async def truncated(line):
    await line.give(line.answered(line.chance.randrange(line.length)))
    line.leave()


@with_body
async def wrong_down(line):
    await line.give(changed(line.answered(line.length), line.chance.randrange(line.length), flip(line.chance)))


@with_body
async def wrong_manifest_down(line):
    await line.give(damaged(await line.whole(), line.chance))


async def wrong_up(line):
    await line.send(changed(line.asked(), line.chance.randrange(line.request.length), flip(line.chance)))
    await line.give()


async def wrong_manifest_up(line):
    body = b"".join([piece async for piece in line.asked()])
    await line.send(damaged(body, line.chance))
    await line.give()


@with_body
async def short_length(line):
    count = line.chance.randrange(1, line.length)
    line.head = LENGTH.sub(b"\r\nContent-Length: %d" % count, line.head)
    await line.give(line.answered(count))


@with_body
async def long_length(line):
    line.head = LENGTH.sub(b"\r\nContent-Length: %d" % (line.length + line.chance.randrange(1, 1000)), line.head)
    await line.give()
    line.leave()


async def head_length(line):
    await line.send()
    found = LENGTH.search(line.head)
    line.played = bool(found) and line.status == 200
    if line.played:
        wrong = line.chance.choice((0, int(found[1]) // 2, int(found[1]) + 7))
        line.head = LENGTH.sub(b"\r\nContent-Length: %d" % wrong, line.head)
    await line.give()


async def stall(line):
    await line.send()
    await asyncio.sleep(line.proxy.stall)
    await line.give()


def cut(length, chance):
    """Two parts of a body, with a stall between them."""
    first = chance.randrange(length)
    return first, length - first


def drops(length):
    """Many small parts."""
    return [length * (number + 1) // DROPS - length * number // DROPS for number in range(DROPS)]


@with_body
async def stall_down(line):
    await line.give(paced(line.near[0], cut(line.length, line.chance), line.proxy.stall))


@with_body
async def drip_down(line):
    await line.give(paced(line.near[0], drops(line.length), DRIP / DROPS))


async def stall_up(line):
    await line.send(paced(line.reader, cut(line.request.length, line.chance), line.proxy.stall))
    await line.give()


async def drip_up(line):
    await line.send(paced(line.reader, drops(line.request.length), DRIP / DROPS))
    await line.give()


async def lost_answer(line):
    await line.send()
    line.proxy.sessions.discard(line.session)
    line.reset()


async def landed(line):
    await line.send()
    line.proxy.sessions.discard(line.session)
    line.leave_registry()
    await refusal(504)(line)


PLAYS = {
    **{str(status): refusal(status) for status in (500, 502, 503, 504, 524, 429)},
    "429-retry-after": refusal(429, "Retry-After: 1"),
    "early-503": early, "html-login": login_page,
    "bad-head": bad_head(BAD_HEADS), "status-below-100": bad_head(NO_STATUSES),
    "session-unknown": session_unknown, "416": range_refused, "blob-unknown": blob_unknown, "expired-url": expired, "redirect-loop": loop,
    "reset": reset, "reset-down": reset_down, "reset-up": reset_up, "truncated": truncated, "closed-idle": closed_idle,
    "wrong-blob": wrong_down, "wrong-manifest": wrong_manifest_down, "wrong-tag": wrong_manifest_down,
    "wrong-blob-up": wrong_up, "wrong-manifest-up": wrong_manifest_up,
    "short-length": short_length, "long-length": long_length, "head-length": head_length,
    "stall": stall, "stall-down": stall_down, "stall-up": stall_up, "drip-down": drip_down, "drip-up": drip_up,
    "lost-answer": lost_answer, "landed-504": landed,
}
