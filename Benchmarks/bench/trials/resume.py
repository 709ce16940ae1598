# SPDX-License-Identifier: Apache-2.0

"""A run that was killed inside a large layer is continued by the next one."""

import hashlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.request

from .. import check
from .trial import mebibytes, wrong

TIMES = 3
#: Bytes of a piece at full size; smaller layers go in smaller pieces.
PIECE = 128 << 20
#: The answer to the question how far an upload got, in an access log of either kind.
QUESTION = re.compile(rb'(?:"GET |"method":"GET",).*/blobs/uploads/.*?(?:HTTP/[\d.]+" |"status":)(\d{3})')


def play(trial):
    with trial.registry("source") as source:
        [reference] = trial.fill(source, "huge")
        host, repository, tag = check.split(reference)
        [layer] = json.loads(check.Reader(host).manifest(repository, tag))["layers"]
        for number in range(1, TIMES + 1):
            with trial.registry("target") as target:
                Break(trial, source, target, layer, number).play((reference, f"{target.address}/mirror/huge:v1"))


class Break:
    """One run that is killed, and one that goes on, into a registry that was empty before."""

    def __init__(self, trial, source, target, layer, number):
        self.trial, self.source, self.target, self.layer, self.number = trial, source, target, layer, number
        self.piece = max(1 << 20, int(PIECE * trial.options.scale))

    def play(self, pair):
        command = self.trial.command([pair], f"resume-{self.number}", "--chunk-size", str(self.piece))
        self._kill(command)
        held = settled(self.target)
        self.trial.say(f"  the target holds {mebibytes(held)} of {mebibytes(self.layer['size'])}")
        self.source.mark()
        self._judge(self.trial.run(command), self.source.used()["bytes"], held)
        found = wrong([pair]) or damage(pair[1], self.layer)
        self.trial.promise(f"copy {self.number} is right", not found, found[0] if found else "the layer's bytes at the target were hashed")

    def _kill(self, command):
        """Ends a run once the target has so many bytes, and no sooner than it says so on its disk."""
        point = int(self.trial.random.uniform(0.05, 0.95) * self.layer["size"])
        self.trial.say_command(command)
        self.trial.say(f"  SIGKILL when the target holds {mebibytes(point)}")
        with open(self.trial.path("killed.log"), "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            while stored(self.target) < point and process.poll() is None:
                time.sleep(0.001)
            process.kill()
            if process.wait() != -signal.SIGKILL:
                raise RuntimeError(f"the run ended before it could be killed (exit {process.returncode})")

    def _judge(self, run, read, held):
        says = "where an earlier run stopped" in run.notes
        answer = asked(self.target)
        forgotten = answer in (400, 404, 410, 416)
        keeps = f"asked for the upload, the target answered {answer}"
        self.trial.promise(f"run {self.number} ends well and says whether it goes on", run.exit == 0 and says != forgotten,
                           f"exit {run.exit}, {'goes on' if says else 'begins again'}; {keeps}")
        # What the target has thrown away must be sent again, whoever sends it.
        missing = self.layer["size"] - (0 if forgotten else held)
        sentence = f"run {self.number} reads no more than {'the layer' if forgotten else 'what was missing'} and one piece"
        self.trial.promise(sentence, read <= missing + self.piece,
                           f"{mebibytes(read)} of {mebibytes(missing)} + {mebibytes(self.piece)}")


def stored(registry):
    """Bytes of all files the registry keeps, of open uploads, too."""
    count = 0
    for folder, _, files in os.walk(os.path.join(registry.folder, "storage")):
        for name in files:
            try:
                count += os.path.getsize(os.path.join(folder, name))
            except FileNotFoundError:
                pass  # moved to its place meanwhile
    return count


def settled(registry):
    """The same, once it has not changed for a second."""
    before = None
    while before != (before := stored(registry)):
        time.sleep(1)
    return before


def asked(registry):
    """What the registry answered when it was asked how far an upload got; None where nobody asked."""
    with open(registry.log_path, "rb") as log:
        found = [match[1] for match in map(QUESTION.search, log) if match]
    return int(found[-1]) if found else None


def damage(reference, layer):
    """Reads the layer back; a sentence if it is not what its digest says."""
    host, repository, _ = check.split(reference)
    content = hashlib.sha256()
    with urllib.request.urlopen(f"http://{host}/v2/{repository}/blobs/{layer['digest']}") as answer:
        while piece := answer.read(1 << 20):
            content.update(piece)
    return [] if "sha256:" + content.hexdigest() == layer["digest"] else [f"the bytes of {layer['digest']} have another digest"]
