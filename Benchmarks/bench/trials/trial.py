# SPDX-License-Identifier: Apache-2.0

"""What every trial needs: registries, images, runs of the binary under test, and promises that are kept or broken."""

import contextlib
import json
import os
import random
import shlex
import tempfile
import time

from .. import check, measure, stage
from ..registries import open_registry


class Trial:
    """One trial; use in a `with` statement: its files go at the end."""

    def __init__(self, name, options):
        self.name, self.options = name, options
        self.random = random.Random(options.seed)
        self.broken = 0
        self._folder = tempfile.TemporaryDirectory(prefix="trial-")

    def __enter__(self):
        self.folder = self._folder.__enter__()
        return self

    def __exit__(self, *exception):
        self._folder.__exit__(*exception)

    def promise(self, sentence, holds, found):
        self.broken += not holds
        self.say(f"{'kept' if holds else 'BROKEN'}: {self.name}: {sentence}: {found}")

    def say(self, text):
        print(text + "\n", end="", flush=True)  # in one write: several runs may end at once

    def say_command(self, command):
        self.say(f"$ {shlex.join(command)}")

    def path(self, name):
        return os.path.join(self.folder, name)

    @contextlib.contextmanager
    def opened(self, registry):
        """A registry as long as the `with` statement lasts."""
        with registry:
            self.say(f"$ {shlex.join(registry.process.args)}    # {registry.name}")
            yield registry

    def registry(self, name):
        """One of the kind that was asked for."""
        return self.opened(open_registry(self.options.registry, name, self.options.transship))

    def fill(self, registry, images, scale=1.0):
        """Pushes a set of images, `scale` times as large as the option says; their references."""
        return stage.filled(registry, images, self.options, self.folder, say=self.say_command, scale=scale * self.options.scale)

    def fill_sets(self, registry, sets):
        """The same with several sets, each with its scale."""
        return [reference for images, scale in sets.items() for reference in self.fill(registry, images, scale)]

    def command(self, pairs, name, *more):
        """`transship batch` over a list and with a journal of its own."""
        path = self.path(f"{name}.txt")
        with open(path, "w") as file:
            file.writelines(f"{source} {target}\n" for source, target in pairs)
        journal = self.path(f"{name}.journal")
        return [self.options.transship, "batch", path, "--output", "json", "--progress", "none", "--journal", journal, *more]

    def run(self, command):
        self.say_command(command)
        run = Run(command, self.path(f"{os.path.basename(command[2])}.log"))
        self.say(f"  {run}")
        return run


class Run:
    """A run of `transship batch --format json` that has ended."""

    def __init__(self, command, log):
        #: Of each finished item: seconds since the run's start, status, source, target, bytes sent.
        self.items = []
        #: Of each failed item, by its target: the error as the program tells it.
        self.errors = {}
        self.name = os.path.basename(log).removesuffix(".txt.log")
        self._start = time.monotonic()
        self.cost = measure.run(command, log, receive=self._receive)
        self.exit, self.wall, self.peak = self.cost["exit"], self.cost["wall"], self.cost["peakMiB"]
        with open(log, errors="replace") as file:
            self.notes = file.read()

    def _receive(self, line):
        item = json.loads(line)
        when = time.monotonic() - self._start
        if item["error"]:
            self.errors[item["target"]] = item["error"]
        self.items.append((when, item["status"], item["source"], item["target"], item["bytesSent"]))

    def pairs(self, status):
        return [(source, target) for _, found, source, target, _ in self.items if found == status]

    def arrivals(self, host):
        """When items of this registry ended, in order."""
        return [when for when, _, source, _, _ in self.items if source.startswith(host + "/")]

    def must_end_well(self):
        """For a run that others are measured by: without it there is nothing to judge."""
        if self.exit != 0:
            raise RuntimeError(f"a run that nothing disturbs ended so: {self}")

    @property
    def bytes_sent(self):
        return sum(item[-1] for item in self.items)

    def __str__(self):
        """How it ended, with its last words."""
        last = self.notes.strip().rpartition("\n")[2]
        return f"exit {self.exit}, {self.wall} s, peak {self.peak} MiB: {last[-300:]}"


def wrong(pairs, hashes=False):
    """What is wrong with copies between registries on this machine; empty if nothing."""
    return check.wrong(pairs, {reference.split("/", 1)[0] for pair in pairs for reference in pair}, hashes=hashes)


def moved(reference, host, prefix=""):
    """The same image at another host."""
    return f"{host}/{prefix}{reference.split('/', 1)[1]}"


def mebibytes(count):
    return f"{count / 1048576:.1f} MiB"
