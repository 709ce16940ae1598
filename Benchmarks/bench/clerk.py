# SPDX-License-Identifier: Apache-2.0

"""What stands behind a registry's front on the internet: a token service, a count of pulls, and a check of mounts."""

import base64
import datetime
import hashlib
import json
import os
import re
import string
import time
import urllib.parse

from . import front

LIFETIME = 300
WINDOW = 21600
#: How a token abbreviates what may be done.
ACTIONS = {"pull": "r", "push": "w", "delete": "d"}
DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")


class Realm:
    """Who may do what, and how a token says so: the end of its life, a signature that nginx's secure_link checks, and its scopes.

    A scope is `REPOSITORY~ACTIONS`, scopes are joined by `+`; both marks may stand in a token and in no repository's name.
    """

    def __init__(self, service, user, password):
        self.service, self.secret = service, base64.urlsafe_b64encode(os.urandom(18)).decode()
        self.login = base64.b64encode(f"{user}:{password}".encode()).decode()

    def token(self, scopes, writes):
        until = int(time.time()) + LIFETIME
        granted = "+".join(filter(None, (self._scope(scope, writes) for scope in scopes)))
        return f"{until}.{self.signature(until, granted)}.{granted}"

    def signature(self, until, granted):
        made = hashlib.md5(f"{self.secret} {until} {granted}".encode()).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    def _scope(self, text, writes):
        found = re.fullmatch(r"repository:([a-z0-9._/-]+):([a-z,*]+)", text)
        if not found:
            return None
        letters = "".join(ACTIONS.get(action, "") for action in found[2].split(","))
        return f"{found[1]}~{letters if writes else 'r'}"


class Committed:
    """Which blobs the manifests of a repository list, as the registry's files say."""

    def __init__(self, registry):
        self.registry, self.known = registry, {}

    def lists(self, repository, digest):
        folder = self._path(self.registry.manifests_folder, name=repository) + "/sha256"
        listed = self.known.setdefault(repository, {})
        if os.path.isdir(folder):
            for name in set(os.listdir(folder)) - set(listed):
                listed[name] = set(DIGEST.findall(self._manifest(folder, name)))
        return any(digest.encode() in digests for digests in listed.values())

    def _manifest(self, folder, name):
        path = f"{folder}/{name}"
        if os.path.isdir(path):
            path = self._path(self.registry.blob_file, algorithm="sha256", two=name[:2], rest=name[2:])
        with open(path, "rb") as file:
            return file.read()

    def _path(self, template, **names):
        return os.path.join(self.registry.storage, string.Template(template).substitute(names))


class Clerk(front.Front):
    """Answers on loopback: `/token` for everybody, `/pull` and `/mount` for nginx's auth_request.

    `pulls` is a number shared between processes, of pulls that are left; below zero, nobody counts. With `committed`, a mount is
    refused (403) while no manifest of the repository it names lists the blob.
    """

    def __init__(self, realm, pulls, limit, committed=None):
        super().__init__("")
        self.realm, self.pulls, self.limit, self.committed = realm, pulls, limit, committed

    async def connection(self, reader, writer):
        while head := await front.read_head(reader):
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            body = b"".join([piece async for piece in front.pieces(reader, front.length_of(head))])
            status, fields, content = self._answer(method, urllib.parse.urlsplit(target), headers, body.decode("latin-1"))
            fields = {**fields, "Content-Length": len(content)} if status != 204 else fields
            named = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            writer.write(f"HTTP/1.1 {status} .\r\n{named}\r\n".encode() + content)
            await writer.drain()

    def _answer(self, method, url, headers, body):
        if url.path == "/pull":
            return self._pull(headers.get("x-method"))
        if url.path == "/mount":
            return self._mount(headers)
        if method == "POST":
            return self._token_for_form(urllib.parse.parse_qs(body))
        return self._token(urllib.parse.parse_qs(url.query).get("scope", []), headers.get("authorization"))

    def _pull(self, method):
        left = self.pulls.value
        if left < 0:
            return 204, {}, b""
        if method == "GET":
            self.pulls.value = max(0, left - 1)
        status = 403 if method == "GET" and left == 0 else 204
        return status, {"ratelimit-limit": f"{self.limit};w={WINDOW}", "ratelimit-remaining": f"{self.pulls.value};w={WINDOW}"}, b""

    def _mount(self, headers):
        """Whoever mounts reads elsewhere, too: without that right the challenge names both repositories."""
        origin, digest = (urllib.parse.unquote(headers.get(name, "")) for name in ("x-from", "x-mount"))
        scopes = dict(scope.rpartition("~")[::2] for scope in headers.get("x-scopes", "").split("+"))
        if origin and "r" not in scopes.get(origin, ""):
            scope = f"repository:{headers.get('x-repository')}:pull,push repository:{origin}:pull"
            return 401, {"WWW-Authenticate": f'Bearer realm="{headers.get("x-realm")}",service="{self.realm.service}",scope="{scope}"'}, b""
        refused = self.committed and not self.committed.lists(origin, digest)
        return 403 if refused else 204, {}, b""

    def _token_for_form(self, form):
        login = base64.b64encode(f"{form.get('username', [''])[0]}:{form.get('password', [''])[0]}".encode()).decode()
        return self._token(form.get("scope", []), f"Basic {login}")

    def _token(self, scopes, authorization):
        if authorization not in (None, f"Basic {self.realm.login}"):
            return 401, {"Content-Type": "application/json"}, b'{"details":"incorrect username or password"}'
        token = self.realm.token([scope for listed in scopes for scope in listed.split()], writes=authorization is not None)
        issued = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        content = {"token": token, "access_token": token, "expires_in": LIFETIME, "issued_at": issued}
        return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()
