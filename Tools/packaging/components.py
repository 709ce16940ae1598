# SPDX-License-Identifier: Apache-2.0

"""What a program was linked from: read from the linker's own list of objects and SwiftPM's list of resolved packages."""

import json
import os
import re

APACHE = "Apache-2.0"
SWIFT = "Apache-2.0 WITH Swift-exception"
GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
ZSTD = "BSD-3-Clause"


class Component:
    """A Swift package of which at least one module was linked."""

    def __init__(self, name, version, location, folder, modules):
        self.name = name
        self.version = version
        self.location = location.removesuffix(".git")
        self.folder = folder
        self.modules = sorted(modules)

    @property
    def licence(self):
        return declared_licence(self.texts("LICENSE"))

    def texts(self, kind):
        """The contents of the files whose name begins so: at the top of the package and in the modules linked."""
        folders = [self.folder] + [os.path.join(self.folder, "Sources", name) for name in self.modules]
        found = []
        for folder in filter(os.path.isdir, folders):
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if name.startswith(kind) and os.path.isfile(path):
                    found.append((os.path.relpath(path, self.folder), read(path)))
        return found

    def vendored(self):
        """The C modules linked that hold sources of other projects: name, copyright lines, terms."""
        for module in self.modules:
            folder = os.path.join(self.folder, "Sources", module)
            if module.startswith("C") and os.path.isdir(folder):
                lines, terms = notices(folder)
                if lines:
                    yield module, lines, terms


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def declared_licence(texts):
    """The expression for a package's licence files; refuses a licence that nobody has looked at yet."""
    names = []
    for path, text in texts:
        if "Runtime Library Exception" in text:
            name = SWIFT
        elif "Apache License" in text:
            name = APACHE
        elif "Permission is hereby granted, free of charge" in text:
            name = "MIT"
        else:
            raise SystemExit(f"error: {path} is under a licence that Tools/packaging/components.py does not know")
        if name not in names:
            names.append(name)
    if not names:
        raise SystemExit("error: a package that is linked in has no licence file")
    return " AND ".join(names)


COPYRIGHT = re.compile(r"Copyright.*\d{4}|\\(c\\) \d{4}|All rights reserved", re.IGNORECASE)
SWIFT_PROJECT = re.compile(r"Apple Inc|SwiftNIO|SwiftCrypto|Swift project|SwiftAtomics", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/|(?://[^\n]*\n)+|(?:^#[ #][^\n]*\n)+", re.DOTALL | re.MULTILINE)
SOURCES = (".c", ".cc", ".h", ".inc", ".S")


def head_comments(folder):
    """The comments at the top of the C sources below a folder, as lists of lines without their frames."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(SOURCES):
                for comment in COMMENT.findall(read(os.path.join(place, name))[:8000]):
                    yield [" ".join(line.strip(" \t*/#").split()) for line in comment.splitlines()]


def zstd_version():
    """Of the library that is there to be linked in, by its header."""
    header = read("/usr/include/zstd.h")
    return ".".join(re.search(rf"define ZSTD_VERSION_{part} +(\d+)", header)[1] for part in ("MAJOR", "MINOR", "RELEASE"))


def notices(folder):
    """What the sources of other projects say of their owners and of their terms, each line and each text once."""
    owners, terms = set(), {}
    for lines in head_comments(folder):
        named = [line for line in lines if COPYRIGHT.search(line) and not SWIFT_PROJECT.search(line)]
        if named:
            owners.update(named)
            rest = [line for line in lines if line not in named]
            terms.setdefault(" ".join(" ".join(rest).split()), "\n".join(rest).strip())
    return sorted(owners), [terms[key] for key in sorted(terms) if TERMS.search(key)]


TERMS = re.compile(r"licen[cs]e|redistribut|permi(t|ssion)|public domain", re.IGNORECASE)


def linked_modules(list_of_objects):
    """Modules whose objects the linker was given."""
    return set(re.findall(r"/([^/\s']+)\.build/", read(list_of_objects)))


def resolved(build):
    """The packages that SwiftPM resolved: name, version, location, folder."""
    state = json.loads(read(os.path.join(build, "workspace-state.json")))
    for dependency in state["object"]["dependencies"]:
        package = dependency["packageRef"]
        version = dependency["state"]["checkoutState"].get("version")
        if version is None:
            raise SystemExit(f"error: {package['identity']} was resolved to a commit, not to a version")
        yield package["identity"], version, package["location"], os.path.join(build, "checkouts", dependency["subpath"])


TARGET = re.compile(r"""(?:\.target|Target)\(\s*name: "(\w+)\"""")


def modules_of(folder):
    """The modules a package has: the folders of its sources, at any depth, and the targets its manifest names."""
    folders = {name for _, folders, _ in os.walk(os.path.join(folder, "Sources")) for name in folders}
    return folders | set(TARGET.findall(read(os.path.join(folder, "Package.swift"))))


def components(build, list_of_objects, own_sources):
    """The Swift packages linked into a program, by name. An object of no known package ends it: nothing goes unnamed."""
    own = {target for folder in os.listdir(own_sources) for target in os.listdir(os.path.join(own_sources, folder))}
    linked = linked_modules(list_of_objects) - own
    found = []
    for name, version, location, folder in sorted(resolved(build)):
        modules = linked & modules_of(folder)
        if modules:
            found.append(Component(name, version, location, folder, modules))
    unknown = linked - {module for component in found for module in component.modules}
    if unknown:
        raise SystemExit(f"error: objects of unknown origin are linked in: {', '.join(sorted(unknown))}")
    return found
