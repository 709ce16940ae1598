"""Registries started for a benchmark: fresh storage, a free loopback port, an access log, CPU time."""

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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """A registry process. Use in a `with` statement: it is stopped and its storage removed at the end."""

    def __init__(self, name, access_log):
        self.name = name
        self.access_log = access_log
        self.folder = tempfile.mkdtemp(prefix=f"bench-{name}-")
        self.log_path = os.path.join(self.folder, "log")
        self.address = None
        self.process = None
        self._log_start = 0
        self._cpu_start = 0.0

    def __enter__(self):
        try:
            self.start()
            self._wait_until_it_answers()
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

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"http://{self.address}/v2/", timeout=1).read()
                return
            except OSError:
                time.sleep(0.05)
        with open(self.log_path, errors="replace") as log:
            raise RuntimeError(f"the {self.name} registry did not start:\n{log.read()[-2000:]}")

    def mark(self):
        """Forgets requests and CPU time so far."""
        self._log_start = os.path.getsize(self.log_path)
        self._cpu_start = self._cpu()

    def used(self):
        """Requests, bytes sent and CPU seconds since the mark."""
        return {"cpu": round(self._cpu() - self._cpu_start, 3), **self._requests()}

    def _cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

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

    CONFIG = """version: 0.1
log:
  level: error
  accesslog:
    disabled: {silent}
storage:
  filesystem:
    rootdirectory: {folder}/storage
  delete:
    enabled: true
http:
  addr: {address}
"""

    #: One line of the combined log format: method, status, bytes of the answer.
    LINE = re.compile(rb'"([A-Z]+) \S+ HTTP/[\d.]+" \d{3} (\d+|-)')

    def __init__(self, name, binary, access_log=True):
        super().__init__(name, access_log)
        self.binary = binary

    def access(self, line):
        found = self.LINE.search(line)
        return found and (found[1].decode(), 0 if found[2] == b"-" else int(found[2]))

    def start(self):
        self.address = f"127.0.0.1:{free_port()}"
        config = os.path.join(self.folder, "config.yml")
        with open(config, "w") as file:
            file.write(self.CONFIG.format(folder=self.folder, address=self.address, silent=str(not self.access_log).lower()))
        log = open(self.log_path, "wb")
        environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
        self.process = subprocess.Popen(
            [self.binary, "serve", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )


class EmbeddedRegistry(Registry):
    """`transship registry serve`, on disk or in memory."""

    def __init__(self, name, transship, disk=True, access_log=True):
        super().__init__(name, access_log)
        self.transship = transship
        self.disk = disk

    def access(self, line):
        if line.startswith(b"{"):
            record = json.loads(line)
            return record["method"], record["bytesOut"]
        return None

    def start(self):
        command = [self.transship, "registry", "serve", "--address", "127.0.0.1:0"]
        if self.access_log:
            command += ["--access-log", "-"]
        if self.disk:
            command += ["--disk", os.path.join(self.folder, "storage")]
        log = open(self.log_path, "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.address = self.process.stdout.readline().decode().strip().removeprefix("http://")
        if not self.address:
            raise RuntimeError(f"the {self.name} registry did not say its address")


def docker_registry_binary():
    for name in ("docker-registry", "registry"):
        found = shutil.which(name)
        if found:
            return found
    return None


def open_registry(kind, name, transship):
    if kind == "embedded":
        return EmbeddedRegistry(name, transship)
    binary = docker_registry_binary() if kind == "docker-registry" else kind
    if not binary:
        raise SystemExit("error: docker-registry is not on the PATH; Tools/install-dependencies --tests installs it")
    return DockerRegistry(name, binary)
