# SPDX-License-Identifier: Apache-2.0

"""The tools under test: how each copies a list of (source, target) pairs."""

import json
import os
import shlex
import shutil
import subprocess


class Task:
    """What a tool is to copy: pairs of references, the hosts that speak plain http, whether referrers are wanted."""

    def __init__(self, pairs, plain, referrers, folder):
        self.pairs, self.plain, self.referrers, self.folder = pairs, plain, referrers, folder

    @property
    def hosts(self):
        return sorted({reference.split("/", 1)[0] for pair in self.pairs for reference in pair})

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path


class Tool:
    """A tool that copies one image a process, run in a loop over the list, `jobs` at a time."""

    prefix = ""
    #: Whether the tool is able to copy referrers too.
    referrers = False

    def __init__(self, name, binary, jobs=1):
        self.name = name
        self.binary = binary
        self.jobs = jobs

    def command(self, task):
        lines = (f"{self.prefix}{source} {self.prefix}{target}\n" for source, target in task.pairs)
        path = task.write("pairs.txt", "".join(lines))
        words = " ".join(shlex.quote(word) for word in self.copy(task))
        return ["bash", "-c", f"xargs -P {self.jobs} -L 1 {words} < {shlex.quote(path)}"]

    def copy(self, task):
        raise NotImplementedError


class Gcrane(Tool):
    """gcrane, or what takes its command line."""

    def copy(self, task):
        return [self.binary, "cp", *(["--insecure"] if task.plain else [])]


class Skopeo(Tool):
    prefix = "docker://"

    def copy(self, task):
        plain = ["--src-tls-verify=false", "--dest-tls-verify=false"] if task.plain else []
        return [self.binary, "copy", "--quiet", "--all", *plain]


class SkopeoSync(Tool):
    """One process for each folder of targets: `skopeo sync` names a target by the last part of the source's path alone."""

    def command(self, task):
        folders = {}
        for source, target in task.pairs:
            host, path = source.split("/", 1)
            repository, _, tag = path.rpartition(":")
            folder = target.rsplit("/", 1)[0]
            folders.setdefault(folder, {}).setdefault(host, {})[repository] = [tag]
        calls = []
        for number, (folder, hosts) in enumerate(folders.items()):
            lists = {host: {"tls-verify": host not in task.plain, "images": images} for host, images in hosts.items()}
            path = task.write(f"sync{number}.yaml", json.dumps(lists))
            plain = ["--dest-tls-verify=false"] if folder.split("/", 1)[0] in task.plain else []
            calls.append([self.binary, "sync", "--all", "--keep-going", *plain, "--src", "yaml", "--dest", "docker", path, folder])
        return ["bash", "-c", " && ".join(shlex.join(call) for call in calls)]


class Regctl(Tool):
    referrers = True

    def copy(self, task):
        hosts = [f"--host=reg={host},tls=disabled" for host in sorted(task.plain)]
        return [self.binary, *hosts, "image", "copy", *(["--referrers"] if task.referrers else [])]


class Regsync(Tool):
    """One process for the whole list, with a configuration written for it."""

    referrers = True

    def command(self, task):
        configuration = {
            "version": 1,
            "creds": [{"registry": host, "tls": "disabled"} for host in sorted(task.plain)],
            "defaults": {"parallel": self.jobs, **({"referrers": True} if task.referrers else {})},
            "sync": [{"source": source, "target": target, "type": "image"} for source, target in task.pairs],
        }
        return [self.binary, "once", "--verbosity", "warn", "--config", task.write("regsync.yaml", json.dumps(configuration))]


class Oras(Tool):
    referrers = True

    def copy(self, task):
        plain = ["--from-plain-http", "--to-plain-http"] if task.plain else []
        return [self.binary, "cp", "--no-tty", *plain, *(["--recursive"] if task.referrers else [])]


class Transship(Tool):
    """One process for the whole list."""

    def __init__(self, binary, more):
        super().__init__("transship", binary)
        self.more = more
        help_text = subprocess.run([binary, "batch", "--help"], capture_output=True, text=True, check=True).stdout
        self.referrers = "--referrers" in help_text

    def command(self, task):
        path = task.write("pairs.txt", "".join(f"{source} {target}\n" for source, target in task.pairs))
        plain = [f"--insecure-registry={host}" for host in sorted(task.plain) if not host.startswith(("127.", "10."))]
        # Beside tools that leave referrers behind, nobody asks for them.
        wanted = ["--referrers" if task.referrers else "--referrers=none"] if self.referrers else []
        return [self.binary, "batch", path, "--progress", "none", *plain, *wanted, *self.more]


#: Name, binary, kind, whether it can be told how many to copy at a time. The first that is there is the baseline.
KINDS = [
    ("gcrane", "gcrane", Gcrane, True),
    ("crane", "crane", Gcrane, True),
    ("skopeo", "skopeo", Skopeo, True),
    ("skopeo sync", "skopeo", SkopeoSync, False),
    ("regctl", "regctl", Regctl, True),
    ("regsync", "regsync", Regsync, True),
    ("oras", "oras", Oras, True),
]


def available(transship, more, jobs, wanted, folders):
    """The tools found in the folders or on the PATH, the baseline first, transship last; `wanted` names some of them."""
    path = os.pathsep.join([*folders, os.environ.get("PATH", "")])
    tools = []
    for name, program, kind, loops in KINDS:
        binary = shutil.which(program, path=path)
        if binary:
            tools += [kind(name, binary)] + ([kind(f"{name} x{jobs}", binary, jobs)] if loops and jobs > 1 else [])
    tools += [Gcrane("transship cp", transship), Transship(transship, more)]
    known = {tool.name.replace(" ", "-"): tool for tool in tools}
    if set(wanted) - set(known):
        raise SystemExit(f"error: not here: {', '.join(sorted(set(wanted) - set(known)))}; here are {', '.join(known)}")
    return [tool for name, tool in known.items() if not wanted or name in wanted]


def versions(tools):
    """What each program says of its version, as far as it says it in the usual ways."""
    found = {}
    for tool in tools:
        program = os.path.basename(tool.binary)
        for words in (["--version"], ["version"]):
            if program in found:
                break
            answer = subprocess.run([tool.binary, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            line = answer.stdout.strip().partition("\n")[0]
            if answer.returncode == 0 and line:
                found[program] = line
    return found
