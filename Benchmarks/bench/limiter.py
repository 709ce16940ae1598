"""A front before a source registry that answers 429 to everything for a while, and lets everything through before and after."""

import asyncio
import multiprocessing
import re
import socket
import time

from . import network

RETRY_AFTER = 10
ANSWER = f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {RETRY_AFTER}\r\nContent-Length: 0\r\n\r\n".encode()
END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
PIECE = 256 << 10


class Limiter:
    """In a process of its own, as long as the `with` statement it is used in lasts.

    Refuses for `seconds`, beginning with the request that follows on the first `admitted` ones.
    """

    def __init__(self, address, seconds, admitted=0):
        self._refused = multiprocessing.Value("q", 0)
        self._front = _Front(address, seconds, admitted, self._refused)

    def __enter__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        self._process = multiprocessing.Process(target=self._front.run, args=(listener,), daemon=True)
        self._process.start()
        listener.close()
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.join()

    @property
    def refused(self):
        """Requests answered with 429 so far."""
        return self._refused.value


class _Front:
    def __init__(self, behind, seconds, admitted, refused):
        self.host, _, self.port = behind.rpartition(":")
        self.seconds, self.admitted, self.refused = seconds, admitted, refused
        self.opens = None

    def run(self, listener):
        network.become_line()
        asyncio.run(self._serve(listener))

    async def _serve(self, listener):
        async with await asyncio.start_server(self._connection, sock=listener) as server:
            await server.serve_forever()

    def _refuses(self):
        if self.admitted > 0:
            self.admitted -= 1
            return False
        now = time.monotonic()
        self.opens = self.opens or now + self.seconds
        return now < self.opens

    async def _connection(self, reader, writer):
        behind = None
        try:
            while head := await _request(reader):
                if self._refuses():
                    self.refused.value += 1
                    writer.write(ANSWER)
                else:
                    behind = behind or await asyncio.open_connection(self.host, self.port)
                    await _let_through(head, *behind, writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for end in [writer] + ([behind[1]] if behind else []):
                end.close()


async def _request(reader):
    """A request's head; it has no body, for a source is only asked for things. None for a beginning of TLS, as of any server without."""
    first = await reader.readexactly(1)
    return None if first == b"\x16" else first + await reader.readuntil(END)


async def _let_through(request, reader, forth, back):
    forth.write(request)
    answer = await reader.readuntil(END)
    back.write(answer)
    rest = 0 if request.startswith(b"HEAD ") else int(LENGTH.search(answer)[1])
    while rest > 0:
        piece = await reader.readexactly(min(PIECE, rest))
        rest -= len(piece)
        back.write(piece)
        await back.drain()
