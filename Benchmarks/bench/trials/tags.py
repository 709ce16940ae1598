# SPDX-License-Identifier: Apache-2.0

"""Very many items that are quickly made: a few tiny images under many tags, in some repositories of a registry."""

import json

from .. import check
from ..wire import in_parallel

KIND = "application/vnd.oci.image.manifest.v1+json"
#: Processes that push or read at once.
WIDTH = 2


class Image:
    def __init__(self, number):
        self.blobs = []
        config = self._blob("config.v1+json", json.dumps({"architecture": "amd64", "os": "linux", "number": number}).encode())
        layer = self._blob("layer.v1.tar", f"layer {number}".encode() * 100)
        self.manifest = json.dumps({"schemaVersion": 2, "mediaType": KIND, "config": config, "layers": [layer]}).encode()

    def _blob(self, kind, body):
        digest = check.digest_of(body)
        self.blobs.append((digest, body))
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest, "size": len(body)}


IMAGES = [Image(number) for number in range(4)]


class Tags:
    """Repositories `app0`, `app1` … of `count` tags each: of a few images, or with `distinct` each of an image of its own."""

    def __init__(self, repositories, count, distinct=False):
        self.repositories = repositories
        self.distinct = distinct
        self.tags = [(f"n{number}" if distinct else f"t{number}", number) for number in range(count)]

    def _image(self, repository, number):
        return Image(f"{repository}.{number}") if self.distinct else IMAGES[number % len(IMAGES)]

    def _images(self, repository):
        """Each image of a repository once, with its tags."""
        if self.distinct:
            return ((self._image(repository, number), [tag]) for tag, number in self.tags)
        return ((image, [tag for tag, number in self.tags if IMAGES[number % len(IMAGES)] is image]) for image in IMAGES)

    def pairs(self, source, target):
        """From a registry to below a place in another, tag by tag through all repositories."""
        names = [f"app{number}:{tag}" for tag, _ in self.tags for number in range(self.repositories)]
        return [(f"{source}/{name}", f"{target}/{name}") for name in names]

    def push(self, address):
        in_parallel(self._push, address, self.repositories, WIDTH)

    def _push(self, wire, repository):
        for image, tags in self._images(repository):
            for digest, body in image.blobs:
                wire.upload(f"app{repository}", digest, body)
            for tag in tags:
                status, _ = wire.request("PUT", f"/v2/app{repository}/manifests/{tag}", f"Content-Type: {KIND}\r\n", image.manifest)
                if status != 201:
                    raise RuntimeError(f"PUT of app{repository}:{tag} answered {status}")

    def wrong(self, place):
        """The first thing that is wrong below a place of a registry on this machine; None if nothing."""
        host, _, prefix = place.partition("/")

        def judge(_, number):
            repository = f"{prefix}/app{number}"
            reader = check.Reader(host)
            for image, tags in self._images(number):
                for tag in tags:
                    if reader.manifest(repository, tag) != image.manifest:
                        raise RuntimeError(f"{repository}:{tag} is not what it is at the source")
                for digest, body in image.blobs:
                    if reader.blob_size(repository, digest) != len(body):
                        raise RuntimeError(f"{repository}: blob {digest} is missing or has another size")

        try:
            in_parallel(judge, host, self.repositories, WIDTH)
        except RuntimeError as failure:
            return str(failure)
        return None
