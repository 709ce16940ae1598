# SPDX-License-Identifier: Apache-2.0

"""Tells what is in a registry, in words that do not depend on the zlib that packed the layers.

usage: content.py HOST:PORT [HOST:PORT]... < lines of REPOSITORY REFERENCE

Asks the first host; the addresses of all are left out of account where manifests hold them.

Writes a JSON object: `content`, a line for each of these manifests that is there, and `names`, digests with what they stand
for. Asks the registry by plain HTTP and uses nothing of the programs that filled it.
"""

import gzip
import hashlib
import json
import re
import sys
import urllib.error
import urllib.request

HOST = sys.argv[1]
HOSTS = sys.argv[1:]
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
MANIFESTS = ", ".join(
    f"application/vnd.{kind}"
    for kind in (
        "oci.image.manifest.v1+json",
        "oci.image.index.v1+json",
        "docker.distribution.manifest.v2+json",
        "docker.distribution.manifest.list.v2+json",
    )
)
names: dict[str, str] = {}


def get(path: str) -> bytes | None:
    request = urllib.request.Request(f"http://{HOST}/v2/{path}", headers={"Accept": MANIFESTS})
    try:
        with urllib.request.urlopen(request) as response:
            return response.read()
    except urllib.error.HTTPError:
        return None


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def note(key: str, kind: str, meaning: str) -> None:
    names.setdefault(key, f"{{{kind} {meaning[7:19]}}}")


def note_blob(repository: str, key: str, is_config: bool) -> None:
    """Configs go by their digest, packed layers by that of what is inside."""
    if key in names:
        return
    content = get(f"{repository}/blobs/{key}") or b""
    if is_config:
        note(key, "config", key)
    elif content.startswith(b"\x1f\x8b"):
        note(key, "layer", digest(gzip.decompress(content)))
    else:
        note(key, "blob", key)


def read(repository: str, reference: str) -> tuple[str, str] | None:
    """The digest of a manifest and its text, sizes masked."""
    content = get(f"{repository}/manifests/{reference}")
    if content is None:
        return None
    document = json.loads(content)
    for child in document.get("manifests", []):
        read(repository, child["digest"])
    if "config" in document:
        note_blob(repository, document["config"]["digest"], True)
    for layer in document.get("layers", []):
        note_blob(repository, layer["digest"], False)
    text = re.sub(r'"size": ?\d+', '"size":N', " ".join(content.decode().split()))
    named = DIGEST.sub(lambda found: names.get(found[0], found[0]), text)
    for position, host in enumerate(HOSTS):
        named = named.replace(host, f"{{host {position}}}")
    note(digest(content), "manifest", digest(named.encode()))
    return digest(content), text


lines = []
for line in sys.stdin:
    repository, reference = line.split()
    found = read(repository, reference)
    if found is None:
        continue
    key, text = found
    place = f"{repository}@{key}" if reference.startswith("sha256:") else f"{repository}:{reference} {key}"
    lines.append(f"{place} {text}")
json.dump({"content": lines, "names": names}, sys.stdout)
