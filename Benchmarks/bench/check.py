"""Reads two registries and compares what is there: the judge, which shares no code with any tool."""

import concurrent.futures
import hashlib
import http.client
import json
import threading

ACCEPT = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)


class Reader:
    """A keep-alive connection for each thread."""

    def __init__(self, address):
        self.address = address
        self.local = threading.local()

    def ask(self, method, path):
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection(self.address, timeout=60)
            try:
                connection.request(method, path, headers={"Accept": ACCEPT})
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise

    def manifest(self, repository, selector):
        status, _, body = self.ask("GET", f"/v2/{repository}/manifests/{selector}")
        return body if status == 200 else None

    def blob_size(self, repository, digest):
        status, headers, _ = self.ask("HEAD", f"/v2/{repository}/blobs/{digest}")
        return int(headers["Content-Length"]) if status == 200 else None


def split(reference):
    host, rest = reference.split("/", 1)
    repository, _, tag = rest.partition(":")
    return host, repository, tag or "latest"


def wrong(pairs):
    """Sentences about every pair whose target is not, byte for byte and blob for blob, its source."""
    readers = {}

    def reader(host):
        return readers.setdefault(host, Reader(host))

    def one(pair):
        (source_host, source_repository, tag), (host, repository, target_tag) = split(pair[0]), split(pair[1])
        body = reader(source_host).manifest(source_repository, tag)
        if body is None:
            return f"{pair[0]}: not at the source"
        if reader(host).manifest(repository, target_tag) != body:
            return f"{pair[1]}: its manifest is not the source's"
        return missing(reader(host), repository, json.loads(body))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return [sentence for sentence in pool.map(one, pairs) if sentence]


def missing(reader, repository, manifest):
    for child in manifest.get("manifests", []):
        body = reader.manifest(repository, child["digest"])
        if body is None or "sha256:" + hashlib.sha256(body).hexdigest() != child["digest"]:
            return f"{repository}: child {child['digest']} is missing or wrong"
        sentence = missing(reader, repository, json.loads(body))
        if sentence:
            return sentence
    blobs = manifest.get("layers", []) + ([manifest["config"]] if "config" in manifest else [])
    for blob in blobs:
        if "foreign" in blob["mediaType"] or "nondistributable" in blob["mediaType"]:
            continue
        if reader.blob_size(repository, blob["digest"]) != blob["size"]:
            return f"{repository}: blob {blob['digest']} is missing or has another size"
    return None
