"""The tools under test: how each copies a list of (source, target) pairs."""

import os
import shlex
import shutil


class Tool:
    def __init__(self, name, binary, jobs=1):
        self.name = name
        self.binary = binary
        self.jobs = jobs

    #: What to add for the registries, which speak plain http.
    environment = {}

    def command(self, pairs, folder):
        """A loop over the list, one process an image, `jobs` at a time."""
        path = os.path.join(folder, "pairs.txt")
        with open(path, "w") as file:
            for source, target in pairs:
                file.write(f"{self.prefix}{source} {self.prefix}{target}\n")
        words = " ".join(shlex.quote(word) for word in self.copy(pairs))
        return ["bash", "-c", f"xargs -P {self.jobs} -L 1 {words} < {shlex.quote(path)}"]

    prefix = ""

    def copy(self, pairs):
        raise NotImplementedError


class Gcrane(Tool):
    def copy(self, pairs):
        return [self.binary, "cp"]


class Skopeo(Tool):
    prefix = "docker://"

    def copy(self, pairs):
        return [self.binary, "copy", "--quiet", "--all", "--src-tls-verify=false", "--dest-tls-verify=false"]


class Regctl(Tool):
    def copy(self, pairs):
        hosts = sorted({reference.split("/", 1)[0] for pair in pairs for reference in pair})
        return [self.binary] + [f"--host=reg={host},tls=disabled" for host in hosts] + ["image", "copy"]


class Oras(Tool):
    def copy(self, pairs):
        return [self.binary, "cp", "--no-tty", "--from-plain-http", "--to-plain-http"]


class Transship(Tool):
    """One process for the whole list."""

    extra = []

    def command(self, pairs, folder):
        path = os.path.join(folder, "pairs.txt")
        with open(path, "w") as file:
            file.writelines(f"{source} {target}\n" for source, target in pairs)
        return [self.binary, "batch", path, "--progress", "none", *self.extra]


KINDS = {"gcrane": Gcrane, "crane": Gcrane, "skopeo": Skopeo, "regctl": Regctl, "oras": Oras}


def available(transship, gcrane_jobs, wanted):
    """The tools on the PATH, the baseline first: a loop over `gcrane cp`, one after the other."""
    tools = []
    for name, kind in KINDS.items():
        binary = shutil.which(name)
        if not binary:
            continue
        tools.append(kind(name, binary))
        if gcrane_jobs > 1:
            tools.append(kind(f"{name} x{gcrane_jobs}", binary, gcrane_jobs))
    tools.append(Transship("transship", transship))
    if wanted:
        unknown = set(wanted) - {tool.name.replace(" ", "-") for tool in tools}
        if unknown:
            raise SystemExit(f"error: not here: {', '.join(sorted(unknown))}")
        tools = [tool for tool in tools if tool.name.replace(" ", "-") in wanted]
    return tools
