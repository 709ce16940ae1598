# SPDX-License-Identifier: Apache-2.0

"""Registries started for a benchmark: fresh storage, a free port, an access log, CPU time; behind a link or on loopback."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

from . import network


class Loopback:
    """No link: the registry is on this machine's loopback, as the tools are."""

    host = "127.0.0.1"
    namespace = None
    accepts = 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def slow(self):
        return contextlib.nullcontext()

    def front(self, address):
        return address


def cpu_seconds(process):
    """What a process that is still there has used so far."""
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Registry:
    """A registry process. Use in a `with` statement: it is stopped and its storage removed at the end.

    Subclasses that keep files say where, below `storage`: `blob_file` and `layer_file`, which is there where a repository has the
    blob, of $name, $algorithm and the digest's $two first digits and the $rest; `manifests_folder`, which has one for each algorithm.
    """

    def __init__(self, name, access_log, link=None, certificate=None):
        self.name = name
        self.certificate = certificate
        self.access_log = access_log
        #: Whether it answers which manifests refer to another one.
        self.lists_referrers = False
        self.link = link or Loopback()
        self.folder = tempfile.mkdtemp(prefix=f"bench-{name}-")
        self.storage = os.path.join(self.folder, "storage")
        self.log_path = os.path.join(self.folder, "log")
        #: Where the tools find it, and where a process of ours does without the link.
        self.address = self.near_address = None
        self.process = None
        self._log_start = 0
        self._cpu_start = 0.0

    def __enter__(self):
        try:
            with self.inside():
                self.start()
                self._wait_until_it_answers()
            self.address = self.link.front(self.near_address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def inside(self):
        """In the registry's own network, where a process started in the `with` statement reaches `near_address`."""
        return self.link.namespace or contextlib.nullcontext()

    def free_port(self):
        with socket.socket() as probe:
            probe.bind((self.link.host, 0))
            return probe.getsockname()[1]

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                scheme = "https" if self.certificate else "http"
                urllib.request.urlopen(f"{scheme}://{self.near_address}/v2/", timeout=1).read()
                return
            except OSError:
                time.sleep(0.05)
        raise self._failure("did not start")

    def _failure(self, what):
        with open(self.log_path, errors="replace") as log:
            return RuntimeError(f"the {self.name} registry {what} (exit {self.process.poll()}):\n{log.read()[-2000:]}")

    def mark(self):
        """Forgets requests, connections and CPU time so far."""
        if self.process.poll() is not None:
            raise self._failure("ended")
        self._log_start = os.path.getsize(self.log_path)
        self._connections_start = network.opened_connections(self.process.pid)
        self._cpu_start = cpu_seconds(self.process)

    def used(self):
        """Requests, bytes sent, connections and CPU seconds since the mark.

        Registries in one network count its connections together.
        """
        connections = (network.opened_connections(self.process.pid) - self._connections_start) // self.link.accepts
        return {"cpu": round(cpu_seconds(self.process) - self._cpu_start, 3), "connections": connections, **self._requests()}

    def _requests(self):
        if not self.access_log:
            return {}
        time.sleep(0.2)  # the log is written after the answer
        methods, sent = {}, 0
        with open(self.log_path, "rb") as log:
            log.seek(self._log_start)
            for method, count in filter(None, map(self.access, log)):
                methods[method] = methods.get(method, 0) + 1
                sent += count
        return {"requests": sum(methods.values()), "methods": methods, "bytes": sent}


class DockerRegistry(Registry):
    """Debian's docker-registry, or any build of distribution, on fresh filesystem storage."""

    blob_file = "docker/registry/v2/blobs/$algorithm/$two/$two$rest/data"
    layer_file = "docker/registry/v2/repositories/$name/_layers/$algorithm/$two$rest/link"
    manifests_folder = "docker/registry/v2/repositories/$name/_manifests/revisions"

    CONFIG = """version: 0.1
log:
  level: error
  accesslog:
    disabled: {silent}
storage:
  filesystem:
    rootdirectory: {storage}
  delete:
    enabled: true
http:
  addr: {address}
"""
    TLS = """  tls:
    certificate: {chain}
    key: {key}
"""

    #: One line of the combined log format: method, status, bytes of the answer.
    LINE = re.compile(rb'"([A-Z]+) \S+ HTTP/[\d.]+" \d{3} (\d+|-)')

    def __init__(self, name, binary, access_log=True, link=None, certificate=None):
        super().__init__(name, access_log, link, certificate)
        self.binary = binary

    def access(self, line):
        found = self.LINE.search(line)
        return found and (found[1].decode(), 0 if found[2] == b"-" else int(found[2]))

    def start(self):
        self.near_address = f"{self.link.host}:{self.free_port()}"
        config = os.path.join(self.folder, "config.yml")
        with open(config, "w") as file:
            file.write(self.CONFIG.format(storage=self.storage, address=self.near_address, silent=str(not self.access_log).lower()))
            if self.certificate:
                file.write(self.TLS.format(chain=self.certificate.chain, key=self.certificate.key))
        log = open(self.log_path, "wb")
        # REGISTRY_… would be configuration, such as skopeo's REGISTRY_AUTH_FILE.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
        environment["OTEL_TRACES_EXPORTER"] = "none"
        self.process = subprocess.Popen(
            [self.binary, "serve", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )


class EmbeddedRegistry(Registry):
    """`transship registry serve`, on disk or in memory."""

    blob_file = "blobs/$algorithm/$two/$two$rest"
    layer_file = "repositories/$name/_blobs/$algorithm/$two$rest"
    manifests_folder = "repositories/$name/_manifests"

    def __init__(self, name, transship, disk=True, access_log=True, link=None, certificate=None):
        super().__init__(name, access_log, link, certificate)
        self.lists_referrers = True
        self.transship = transship
        self.disk = disk

    def access(self, line):
        if line.startswith(b"{"):
            record = json.loads(line)
            return record["method"], record["bytesOut"]
        return None

    def start(self):
        command = [self.transship, "registry", "serve", "--address", f"{self.link.host}:0"]
        if self.access_log:
            command += ["--access-log", "-"]
        if self.certificate:
            command += ["--tls-cert", self.certificate.chain, "--tls-key", self.certificate.key]
        if self.disk:
            command += ["--disk", self.storage]
        log = open(self.log_path, "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.near_address = self.process.stdout.readline().decode().strip().rpartition("/")[2]
        if not self.near_address:
            raise RuntimeError(f"the {self.name} registry did not say its address")


def docker_registry_binary():
    for name in ("docker-registry", "registry"):
        found = shutil.which(name)
        if found:
            return found
    return None


def open_registry(kind, name, transship, link=None, certificate=None, access_log=True):
    """A registry of a kind: `embedded`, a program on the PATH or the path of one; not yet started."""
    if kind == "embedded":
        return EmbeddedRegistry(name, transship, access_log=access_log, link=link, certificate=certificate)
    binary = docker_registry_binary() if kind == "docker-registry" else shutil.which(kind)
    if not binary:
        raise SystemExit(f"error: {kind} is not on the PATH; Tools/install-dependencies --tests installs docker-registry")
    return DockerRegistry(name, binary, access_log, link, certificate)
