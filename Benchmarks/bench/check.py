# SPDX-License-Identifier: Apache-2.0

"""Reads two registries and compares what is there: the judge, which shares no code with any tool."""

import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import re
import threading
import urllib.parse

ACCEPT = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)


def credentials(host):
    """What Docker's config.json holds for a host, as the value of a Basic header; None without."""
    folder = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    try:
        with open(os.path.join(folder, "config.json")) as file:
            entry = json.load(file).get("auths", {}).get(host, {})
    except OSError:
        return None
    if "auth" in entry:
        return "Basic " + entry["auth"]
    if "username" in entry:
        return "Basic " + base64.b64encode(f"{entry['username']}:{entry.get('password', '')}".encode()).decode()
    return None


class Reader:
    """A keep-alive connection for each thread, and a token for each repository where the registry asks for one."""

    def __init__(self, address, plain=True, hashed=None):
        self.address = address
        self.plain = plain
        #: Digests of the blobs that were read and hashed, each once; None where their sizes are enough.
        self.hashed = hashed
        self.local = threading.local()
        self.passes = {}

    def ask(self, method, path):
        repository = re.match(r"/v2/(.*)/(manifests|blobs|referrers)/", path)[1]
        answer = self._send(method, path, self.passes.get(repository))
        if answer[0] == 401 and repository not in self.passes:
            self.passes[repository] = self._authorize(answer[1].get("WWW-Authenticate", ""), repository)
            answer = self._send(method, path, self.passes[repository])
        return answer

    def _send(self, method, path, authorization):
        headers = {"Accept": ACCEPT, **({"Authorization": authorization} if authorization else {})}
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                kind = http.client.HTTPConnection if self.plain else http.client.HTTPSConnection
                connection = self.local.connection = kind(self.address, timeout=60)
            try:
                connection.request(method, path, headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise

    def _authorize(self, challenge, repository):
        basic = credentials(self.address)
        if not challenge.lower().startswith("bearer"):
            return basic
        named = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = urllib.parse.urlsplit(named["realm"])
        query = {"scope": f"repository:{repository}:pull", **({"service": named["service"]} if "service" in named else {})}
        # Only the registry's own word says where its tokens come from; credentials go there over TLS or not at all.
        kind = http.client.HTTPConnection if realm.scheme == "http" and self.plain else http.client.HTTPSConnection
        connection = kind(realm.netloc, timeout=60)
        connection.request("GET", f"{realm.path}?{urllib.parse.urlencode(query)}", headers={"Authorization": basic} if basic else {})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return "Bearer " + (answer.get("token") or answer.get("access_token") or "")

    def manifest(self, repository, selector):
        status, _, body = self.ask("GET", f"/v2/{repository}/manifests/{selector}")
        return body if status == 200 else None

    def blob_size(self, repository, digest):
        status, headers, _ = self.ask("HEAD", f"/v2/{repository}/blobs/{digest}")
        return int(headers["Content-Length"]) if status == 200 else None

    def has_blob(self, repository, blob):
        """Whether a descriptor's blob is there: with its size, and with its bytes where those are read."""
        digest = blob["digest"]
        if self.blob_size(repository, digest) != blob["size"]:
            return False
        if self.hashed is None or digest in self.hashed:
            return True
        self.hashed.add(digest)
        status, _, body = self.ask("GET", f"/v2/{repository}/blobs/{digest}")
        return status == 200 and digest_of(body) == digest

    def referrers(self, repository, digest):
        """Digests of what refers to a manifest, by the registry's list or, without one, by the tag that stands for it."""
        status, _, body = self.ask("GET", f"/v2/{repository}/referrers/{digest}")
        if status != 200:
            body = self.manifest(repository, digest.replace(":", "-"))
        return [entry["digest"] for entry in json.loads(body).get("manifests", [])] if body else []


def split(reference):
    """Host, repository and tag."""
    host, rest = reference.split("/", 1)
    repository, _, tag = rest.partition(":")
    return host, repository, tag or "latest"


def digest_of(body):
    return "sha256:" + hashlib.sha256(body).hexdigest()


def blobs_of(manifest):
    """Descriptors of a manifest's blobs, without layers that are never copied."""
    listed = manifest.get("layers", []) + ([manifest["config"]] if "config" in manifest else [])
    return [blob for blob in listed if "foreign" not in blob["mediaType"] and "nondistributable" not in blob["mediaType"]]


class Readers:
    """One reader for each registry."""

    def __init__(self, plain, hashes=False):
        self.plain, self.hashes = plain, hashes
        self.known = {}

    def __getitem__(self, host):
        return self.known.setdefault(host, Reader(host, host in self.plain, set() if self.hashes else None))


def wrong(pairs, plain, referrers=False, hashes=False):
    """Sentences about every pair whose target is not, byte for byte and blob for blob, its source.

    With `hashes`, each blob is read at the target, once; otherwise its size is asked for.
    """
    readers = Readers(plain, hashes)

    def one(pair):
        (source_host, source_repository, tag), (host, repository, target_tag) = split(pair[0]), split(pair[1])
        source, target = readers[source_host], readers[host]
        body = source.manifest(source_repository, tag)
        if body is None:
            return f"{pair[0]}: not at the source"
        if target.manifest(repository, target_tag) != body:
            return f"{pair[1]}: its manifest is not the source's"
        sentence = missing(target, repository, json.loads(body))
        if sentence or not referrers:
            return sentence
        return missing_referrers(source, source_repository, target, repository, digest_of(body))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return [sentence for sentence in pool.map(one, pairs) if sentence]


def missing(reader, repository, manifest):
    for child in manifest.get("manifests", []):
        sentence = missing_manifest(reader, repository, child["digest"])
        if sentence:
            return sentence
    for blob in blobs_of(manifest):
        if not reader.has_blob(repository, blob):
            return f"{repository}: blob {blob['digest']} is missing, or has another size or other bytes"
    return None


def missing_manifest(reader, repository, digest):
    body = reader.manifest(repository, digest)
    if body is None or digest_of(body) != digest:
        return f"{repository}: {digest} is missing or wrong"
    return missing(reader, repository, json.loads(body))


def missing_referrers(source, source_repository, target, repository, subject):
    listed = target.referrers(repository, subject)
    for digest in source.referrers(source_repository, subject):
        if digest not in listed:
            return f"{repository}: {digest}, which refers to {subject}, is not listed"
        sentence = missing_manifest(target, repository, digest)
        if sentence:
            return sentence
    return None
