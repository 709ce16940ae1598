# SPDX-License-Identifier: Apache-2.0

"""Registries as the internet shows them: behind TLS, tokens, redirects and a line, each on hosts of its own."""

import base64
import contextlib
import json
import multiprocessing
import os
import secrets

from . import link, nginx, registries
from .certificate import Authority
from .clerk import Clerk, Committed, Realm
from .network import HostNames


class Side:
    """What one registry of a road is like: its hosts, and its habits."""

    def __init__(self, host, tokens, storage, counts_pulls=False, artifact_registry=False):
        #: `tokens` is the host and path of the token service.
        self.host, self.tokens, self.storage = host, tokens, storage
        self.counts_pulls = counts_pulls
        #: No pieces, upload locations of thousands of characters, and no mounts of what no manifest lists yet.
        self.artifact_registry = artifact_registry


HUB = Side("hub.test", "auth.hub.test/token", "hub-blobs.test", counts_pulls=True)
#: From where, to where.
ROADS = {
    "hub": {"source": HUB, "target": Side("mirror.test", "auth.mirror.test/token", "mirror-blobs.test")},
    "hub-to-ar": {"source": HUB, "target": Side("ar.test", "ar.test/v2/token", "ar-blobs.test", artifact_registry=True)},
}


class Internet:
    """What the hosts of a road share: an authority for certificates, names, logins, and the kind of line to each."""

    USER = "bench"

    def __init__(self, folder, specification, pulls):
        self.folder, self.specification, self.pulls = folder, specification, pulls
        self.authority = Authority(folder)
        self.authority.trust()
        self.names = HostNames(folder)
        self.password = secrets.token_hex(16)
        self._log_in(side.host for road in ROADS.values() for side in road.values())

    def _log_in(self, hosts):
        """Tools, and the judge, find logins in a folder of the benchmark's own."""
        login = base64.b64encode(f"{self.USER}:{self.password}".encode()).decode()
        path = os.path.join(self.folder, "config.json")
        with open(path, "w") as file:
            json.dump({"auths": {host: {"auth": login} for host in hosts}}, file)
        os.environ.update(DOCKER_CONFIG=self.folder, REGISTRY_AUTH_FILE=path)

    def certificate(self, name):
        return self.authority.certificate(name, [f"DNS:{name}"])


class Inside:
    """To the registry itself: loopback on the host that it shares with its front."""

    host = "127.0.0.1"
    accepts = 1

    def __init__(self, tunnel):
        self.namespace = tunnel.namespace

    def front(self, address):
        return address


class Lines:
    """The lines of a domain's hosts, slow at the same times."""

    def __init__(self, tunnels):
        self.tunnels, self.namespace = tunnels, tunnels[0].namespace

    @contextlib.contextmanager
    def slow(self):
        with contextlib.ExitStack() as stack:
            for tunnel in self.tunnels:
                stack.enter_context(tunnel.slow())
            yield


class Domain:
    """A registry with all that stands before it; to whoever copies, it is a registry like any other (`registries.Registry`).

    One host is the registry's and its token service's, which has another name and certificate; the other one is the storage's.
    """

    def __init__(self, side, internet, kind, name, transship):
        self.side, self.internet, self.name = side, internet, name
        self._open = lambda inside: registries.open_registry(kind, name, transship, inside, access_log=False)
        self.address = side.host
        self._left = multiprocessing.Value("q", -1, lock=False)
        self._exit = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._build(stack)
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *exception):
        self._exit.__exit__(*exception)

    def _build(self, stack):
        near, far = (stack.enter_context(link.Tunnel(self.internet.specification)) for _ in range(2))
        self.link = Lines([near, far])
        self.registry = stack.enter_context(self._open(Inside(near)))
        self.near_address, self.lists_referrers = self.registry.near_address, self.registry.lists_referrers
        self.realm = Realm(self.side.host, self.internet.USER, self.internet.password)
        committed = Committed(self.registry) if self.side.artifact_registry else None
        with self.inside():
            self.clerk = stack.enter_context(Clerk(self.realm, self._left, self.internet.pulls, committed))
            self.front = stack.enter_context(self._nginx("nginx", self._registry_servers(near.host)))
        with far.namespace:
            self.storage = stack.enter_context(self._nginx("nginx-storage", self._storage_server(far.host)))
        for name, tunnel in ((self.side.host, near), (self._token_host, near), (self.side.storage, far)):
            self.internet.names.lead(name, tunnel.host)

    def inside(self):
        return self.registry.inside()

    @property
    def _token_host(self):
        return self.side.tokens.split("/", 1)[0]

    def _nginx(self, name, body):
        return nginx.Nginx(os.path.join(self.registry.folder, name), body)

    def _server(self, address, name, body):
        return nginx.SERVER.format(address=address, name=name, certificate=self.internet.certificate(name), body=body)

    def _facts(self):
        habits = self.side.artifact_registry
        return {
            "realm": f"https://{self.side.tokens}", "service": self.side.host, "secret": self.realm.secret, "guard": nginx.GUARD, "fields": nginx.FIELDS,
            "storage": self.registry.storage, "storage_host": self.side.storage, "layer_file": self.registry.layer_file,
            "blob_file": self.registry.blob_file, "quota": nginx.QUOTA if self.side.counts_pulls else "",
            "pieces": nginx.NO_PIECES if habits else "", "padding": "A" * 3500,
        }

    def _registry_servers(self, address):
        facts = self._facts()
        token_service = nginx.TOKEN_SERVICE.format(path="/" + self.side.tokens.split("/", 1)[1])
        locations = nginx.USED_UP if self.side.counts_pulls else ""
        if self.side.artifact_registry:
            locations += nginx.LONG_LOCATIONS % facts
        servers = nginx.PROXIES.format(registry=self.registry.near_address, clerk=self.clerk.address) + nginx.TOKENS % facts
        if self._token_host == self.side.host:
            locations += token_service
        else:
            servers += self._server(address, self._token_host, token_service)
        return servers + self._server(address, self.side.host, nginx.REGISTRY % {**facts, "locations": locations})

    def _storage_server(self, address):
        return self._server(address, self.side.storage, nginx.STORAGE % self._facts())

    def mark(self):
        """Forgets what was used so far; from here on pulls count."""
        self.registry.mark()
        for one in (self.front, self.storage):
            one.mark()
        self._cpu_start = self._cpu()
        self._left.value = self.internet.pulls

    def used(self):
        """As of a registry; what came from the token service and the storage host is told apart."""
        self._left.value = -1
        tokens = "/" + self.side.tokens.split("/", 1)[1]
        lines, stored = self.front.requests(), self.storage.requests()
        asked = [line for line in lines if line["uri"].partition("?")[0] != tokens]
        return {
            "cpu": round(self._cpu() - self._cpu_start, 3), "requests": len(asked), "methods": counted(line["method"] for line in asked),
            "bytes": sum(line["out"] for line in asked + stored), "tokens": len(lines) - len(asked), "storage": len(stored),
            "log": lines + stored, **connections(lines, stored),
        }

    def _cpu(self):
        processes = [self.registry.process, self.front.process, self.storage.process, self.clerk.process]
        return sum(map(registries.cpu_seconds, processes))


def counted(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def connections(*logs):
    """Connections, and how many of them resumed a session, which saves the certificates."""
    found = {(number, line["connection"]): line["resumed"] for number, log in enumerate(logs) for line in log}
    return {"connections": len(found), "resumed": sum(state == "r" for state in found.values())}
