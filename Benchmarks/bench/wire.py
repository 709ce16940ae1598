# SPDX-License-Identifier: Apache-2.0

"""Pushes to a registry over raw sockets: as little work on this side as Python allows."""

import multiprocessing
import socket
import urllib.parse


class Wire:
    """One kept-alive connection."""

    def __init__(self, address):
        self.address = address
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(1 << 20)

    def request(self, method, path, headers="", body=b""):
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.address}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        self.socket.sendall(head.encode() + body)
        return self._answer(method)

    def _answer(self, method):
        """Status and headers; the body is read and dropped."""
        received = b""
        while b"\r\n\r\n" not in received:
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError("closed by the registry")
            received += piece
        head, rest = received.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        missing = 0 if method == "HEAD" else int(headers.get("content-length", 0)) - len(rest)
        while missing > 0:
            got = self.socket.recv_into(self.buffer)
            if got == 0:
                raise ConnectionError("closed within a body")
            missing -= got
        return int(lines[0].split()[1]), headers

    def upload(self, repository, digest, body):
        status, headers = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        if status != 202:
            raise RuntimeError(f"POST answered {status}")
        location = urllib.parse.urlsplit(headers["location"])
        query = (location.query + "&" if location.query else "") + "digest=" + digest
        status, _ = self.request("PUT", f"{location.path}?{query}", "Content-Type: application/octet-stream\r\n", body)
        if status != 201:
            raise RuntimeError(f"PUT answered {status}")


def in_parallel(work, address, count, width):
    """Runs `work(wire, number)` for each number below `count` in `width` processes."""
    failures = multiprocessing.Queue()

    def worker(first):
        try:
            wire = Wire(address)
            for number in range(first, count, width):
                work(wire, number)
        except Exception as failure:  # told to the parent, which knows what to do
            failures.put(repr(failure))

    processes = [multiprocessing.Process(target=worker, args=(first,)) for first in range(width)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if not failures.empty():
        raise RuntimeError(failures.get())
