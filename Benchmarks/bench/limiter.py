# SPDX-License-Identifier: Apache-2.0

"""A front before a source registry that answers 429 to everything for a while, and lets everything through before and after."""

import time

from .front import Front, length_of, pieces, read_head

RETRY_AFTER = 10
ANSWER = f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {RETRY_AFTER}\r\nContent-Length: 0\r\n\r\n".encode()


class Limiter(Front):
    """Refuses for `seconds`, beginning with the request that follows on the first `admitted` ones."""

    def __init__(self, address, seconds, admitted=0):
        super().__init__(address)
        self.seconds, self.admitted = seconds, admitted
        self.opens, self.count = None, 0

    @property
    def refused(self):
        """Requests answered with 429 so far."""
        return self.ask()

    def facts(self):
        return self.count

    def _refuses(self):
        if self.admitted > 0:
            self.admitted -= 1
            return False
        now = time.monotonic()
        self.opens = self.opens or now + self.seconds
        return now < self.opens

    async def connection(self, reader, writer):
        behind = None
        # A source is only asked for things: its requests have no bodies.
        while head := await read_head(reader, writer):
            if self._refuses():
                self.count += 1
                writer.write(ANSWER)
            else:
                behind = behind or await self.behind()
                await _let_through(head, *behind, writer)
            await writer.drain()


async def _let_through(request, reader, forth, back):
    forth.write(request)
    answer = await read_head(reader)
    back.write(answer)
    if not request.startswith(b"HEAD "):
        async for piece in pieces(reader, length_of(answer)):
            back.write(piece)
            await back.drain()
