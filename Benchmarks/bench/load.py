# SPDX-License-Identifier: Apache-2.0

"""Load for one registry over raw sockets: as little work on this side as Python allows."""

import hashlib
import json
import multiprocessing
import os
import socket
import time
import urllib.parse


class Wire:
    """One kept-alive connection."""

    def __init__(self, address):
        self.address = address
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(1 << 20)

    def request(self, method, path, headers="", body=b"", file=None, length=None):
        size = length if length is not None else len(body)
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.address}\r\nContent-Length: {size}\r\n{headers}\r\n"
        self.socket.sendall(head.encode() + body)
        if file is not None:
            file.seek(len(body))
            self.socket.sendfile(file, len(body), size - len(body))
        return self.answer(method)

    def answer(self, method):
        """Status, headers and the bytes of the body, which is read and dropped."""
        received = b""
        while b"\r\n\r\n" not in received:
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError("closed by the registry")
            received += piece
        head, rest = received.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        wanted = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        count = len(rest)
        while count < wanted:
            got = self.socket.recv_into(self.buffer)
            if got == 0:
                raise ConnectionError("closed within a body")
            count += got
        return int(lines[0].split()[1]), headers, count

    def upload(self, repository, digest, body, file=None, length=None):
        status, headers, _ = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        if status != 202:
            raise RuntimeError(f"POST answered {status}")
        location = urllib.parse.urlsplit(headers["location"])
        query = (location.query + "&" if location.query else "") + "digest=" + digest
        status, _, _ = self.request(
            "PUT", f"{location.path}?{query}", "Content-Type: application/octet-stream\r\n", body, file, length
        )
        if status != 201:
            raise RuntimeError(f"PUT answered {status}")


def in_parallel(work, address, count, width):
    """Runs `work(wire, number)` for each number below `count` in `width` processes; seconds, without starting them."""
    barrier = multiprocessing.Barrier(width + 1)
    failures = multiprocessing.Queue()

    def worker(first):
        numbers = range(first, count, width)
        try:
            wire = Wire(address)
        except OSError as failure:
            failures.put(repr(failure))
            numbers = ()
        barrier.wait()
        try:
            for number in numbers:
                work(wire, number)
        except Exception as failure:  # told to the parent, which knows what to do
            failures.put(repr(failure))
        barrier.wait()

    processes = [multiprocessing.Process(target=worker, args=(first,)) for first in range(width)]
    for process in processes:
        process.start()
    barrier.wait()
    begin = time.monotonic()
    barrier.wait()
    seconds = time.monotonic() - begin
    for process in processes:
        process.join()
    if not failures.empty():
        raise RuntimeError(failures.get())
    return seconds


class Blobs:
    """Large blobs that differ in their first bytes and share one file."""

    def __init__(self, folder, count, size):
        self.path = os.path.join(folder, "noise")
        self.size = size
        with open(self.path, "wb") as file:
            for _ in range(0, size, 1 << 20):
                file.write(os.urandom(min(1 << 20, size)))
        self.heads = [number.to_bytes(8, "big") for number in range(count)]
        self.digests = [self._digest(head) for head in self.heads]

    def _digest(self, head):
        digest = hashlib.sha256(head)
        with open(self.path, "rb") as file:
            file.seek(len(head))
            while piece := file.read(1 << 20):
                digest.update(piece)
        return "sha256:" + digest.hexdigest()

    def upload(self, wire, number):
        with open(self.path, "rb") as file:
            wire.upload("load/big", self.digests[number], self.heads[number], file, self.size)

    def download(self, wire, number):
        status, _, count = wire.request("GET", f"/v2/load/big/blobs/{self.digests[number]}")
        if status != 200 or count != self.size:
            raise RuntimeError(f"GET answered {status} with {count} bytes")


def small_image(wire, repository):
    """Pushes an image of one small layer; the path of its manifest."""
    blobs = []
    for body in (b"{}", b"layer"):
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        wire.upload(repository, digest, body)
        blobs.append({"mediaType": "application/octet-stream", "digest": digest, "size": len(body)})
    kind = "application/vnd.oci.image.manifest.v1+json"
    body = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": blobs[0], "layers": blobs[1:]}).encode()
    path = f"/v2/{repository}/manifests/v1"
    status, _, _ = wire.request("PUT", path, f"Content-Type: {kind}\r\n", body)
    if status != 201:
        raise RuntimeError(f"PUT of the manifest answered {status}")
    return path


def small_blob(wire, number):
    body = number.to_bytes(8, "big") * 512
    wire.upload("load/small", "sha256:" + hashlib.sha256(body).hexdigest(), body)


def expecting(status, method, path, headers=""):
    def work(wire, _):
        found, _, _ = wire.request(method, path, headers)
        if found != status:
            raise RuntimeError(f"{method} {path} answered {found}")

    return work
