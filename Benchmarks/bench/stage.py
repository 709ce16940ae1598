# SPDX-License-Identifier: Apache-2.0

"""Where tools copy: registries of the benchmark's own, filled with a workload, or a user's."""

import contextlib
import json
import os
import subprocess
import tempfile

from . import check, measure, minimum, tools
from .registries import open_registry
from .road import ROADS, Domain


class LocalStage:
    """Two registries on this machine, each behind a link of its own where one is asked for, or on a road."""

    def __init__(self, workload, options, make_link):
        self.workload, self.options, self.make_link = workload, options, make_link
        self.scale = workload.scale or options.scale
        self.exit = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.exit.close()
            raise
        return self

    def _build(self):
        self.folder = self.exit.enter_context(tempfile.TemporaryDirectory())
        self.source = self._open("source")
        self.references = self._fill(self.source)
        if self.workload.kind == "rerun":
            self.filled = self._open("target")
            self._fill(self.filled, "mirror")
        self.pairs = self.pairs_into(self._target_address(), "mirror")
        self.plain = self._plain(self.pairs)
        self.minimum = minimum.of(self.workload, self.pairs, self.plain)

    def __exit__(self, *exception):
        self.exit.__exit__(*exception)

    def _target_address(self):
        return self.filled.address if self.workload.kind == "rerun" else self.source.address

    def _plain(self, pairs):
        """The hosts that speak plain http."""
        return set() if self.options.certificate or self.options.road else {reference.split("/", 1)[0] for pair in pairs for reference in pair}

    def _open(self, name, stack=None):
        stack, options = stack or self.exit, self.options
        if options.road:
            side = ROADS[options.road][name]
            return stack.enter_context(Domain(side, options.internet, options.registry, name, options.transship))
        link = stack.enter_context(self.make_link())
        return stack.enter_context(open_registry(options.registry, name, options.transship, link, options.certificate))

    def _fill(self, registry, prefix=""):
        more = ["--prefix", prefix] if prefix else []
        return filled(registry, self.workload.images, self.options, self.folder, more, scale=self.scale)

    def pairs_into(self, host, prefix):
        return [(one, f"{host}/{prefix}/{one.split('/', 1)[1]}") for one in self.references]

    def contest(self, tool, number):
        """One tool's runs: rows of (phase, run), then what is wrong with the copies."""
        with contextlib.ExitStack() as stack:
            if self.workload.kind == "copy":
                target = self._open("target", stack)
                pairs = self.pairs_into(target.address, "mirror")
            elif self.workload.kind == "rerun":
                target, pairs = self.filled, self.pairs
            else:
                prefix = f"{tool.name.replace(' ', '-')}-{number}"
                target, pairs = self.source, self.pairs_into(self.source.address, prefix)
            for phase in {"copy": self.options.phases, "rerun": ["warm"], "retag": ["cold"]}[self.workload.kind]:
                run = self._measured(tool, self._task(tool, pairs), target)
                self._keep_logs(run, f"{self.workload.name}-{tool.name.replace(' ', '-')}-{number}-{phase}")
                yield phase, run
            yield "wrong", check.wrong(pairs, self._plain(pairs), self.workload.referrers and tool.referrers)

    def _keep_logs(self, run, name):
        """Requests one by one, where something on the road wrote them down: into a file of their own, or nowhere."""
        lines = [{"side": side, **line} for side in ("source", "target") for line in run[side].pop("log", [])]
        if self.options.logs and lines:
            os.makedirs(self.options.logs, exist_ok=True)
            with open(os.path.join(self.options.logs, name + ".jsonl"), "w") as file:
                file.writelines(json.dumps(line) + "\n" for line in sorted(lines, key=lambda line: line["end"] - line["took"]))

    def _task(self, tool, pairs):
        return tools.Task(pairs, self._plain(pairs), self.workload.referrers and tool.referrers, self.folder)

    def _measured(self, tool, task, target):
        registries = [self.source] + ([target] if target is not self.source else [])
        command = tool.command(task)
        with contextlib.ExitStack() as slow:
            for registry in registries:
                slow.enter_context(registry.link.slow())
                registry.mark()
            run = measured(command, task.folder, self.options.timeout)
        used = [registry.used() for registry in registries]
        # Registries without a link share a network, and so the count of its connections.
        connections = [one.pop("connections") for one in used]
        if self.options.private:
            run["connections"] = max(connections) if registries[0].link.namespace is None else sum(connections)
        run["source"], run["target"] = used if len(used) == 2 else ({}, used[0])
        return run


class GivenStage:
    """A user's own registries: nothing is filled, and what only their owner sees is left out."""

    def __init__(self, workload, options):
        self.workload, self.options = workload, options
        self.plain = set(options.plain)
        self.scale = options.scale
        self.exit = contextlib.ExitStack()

    def __enter__(self):
        self.folder = self.exit.enter_context(tempfile.TemporaryDirectory())
        with open(self.options.list) as file:
            names = [line.split("#", 1)[0].strip() for line in file]
        self.names = [name for name in names if name]
        source = self.options.source.rstrip("/")
        self.references = [f"{source}/{name}" for name in self.names]
        self.pairs = self._pairs("mirror")
        self.minimum = minimum.of(self.workload, self.pairs, self.plain)
        return self

    def __exit__(self, *exception):
        self.exit.__exit__(*exception)

    def _pairs(self, folder):
        target = self.options.target.rstrip("/")
        return [(source, f"{target}/{folder}/{name}") for source, name in zip(self.references, self.names)]

    def contest(self, tool, number):
        """Each run's repositories are new ones: below the target, the start of the benchmark, the tool and the run's number."""
        pairs = self._pairs(f"{self.options.started}/{tool.name.replace(' ', '-')}-{number}")
        task = tools.Task(pairs, self.plain, False, self.folder)
        for phase in self.options.phases:
            yield phase, measured(tool.command(task), self.folder, self.options.timeout)
        yield "wrong", check.wrong(pairs, self.plain)


def filled(registry, images, options, folder, more=(), say=lambda command: None, scale=None):
    """Pushes a set of images into a registry, which is reached without its link; their references. `scale` replaces the option."""
    path = os.path.join(folder, "images.txt")
    command = [
        options.seed_registry, registry.near_address, "--set", images, "--scale", str(scale or options.scale), "--images-file", path,
        "--fixtures", options.fixtures, *more, *([] if registry.lists_referrers else ["--referrers-tags"]),
    ]
    say(command)
    with registry.inside():
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with open(path) as file:
        return [registry.address + "/" + line.split("/", 1)[1].strip() for line in file]


def measured(command, folder, timeout):
    """A run without memory of the one before: a tool's own state folder is a new one each time."""
    log = os.path.join(folder, "tool.log")
    with tempfile.TemporaryDirectory() as state:
        run = measure.run(command, log, {"XDG_STATE_HOME": state}, timeout)
    if run["exit"] != 0:
        with open(log, errors="replace") as file:
            run["problem"] = f"exit {run['exit']}: {file.read()[-500:].strip()}"
    return run
