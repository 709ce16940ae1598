"""The least that a copy of a list can cost: what every tool's requests and bytes are held against."""

import json

from . import check


def of(pairs):
    """Unique bytes, and requests at source and target, of a cold copy that asks nothing twice.

    At the source: one GET for each manifest and each unique blob. At the target: POST and PUT for each unique blob, one
    mount POST for each further repository that needs it, one PUT for each manifest in each repository.
    """
    blobs, places, manifests, puts = {}, set(), set(), 0
    readers = {}
    for source, target in pairs:
        host, repository, tag = check.split(source)
        reader = readers.setdefault(host, check.Reader(host))
        waiting = [tag]
        while waiting:
            selector = waiting.pop()
            body = reader.manifest(repository, selector)
            manifest = json.loads(body)
            manifests.add(body)
            puts += 1
            waiting += [child["digest"] for child in manifest.get("manifests", [])]
            listed = manifest.get("layers", []) + ([manifest["config"]] if "config" in manifest else [])
            for blob in listed:
                if "foreign" not in blob["mediaType"] and "nondistributable" not in blob["mediaType"]:
                    blobs[blob["digest"]] = blob["size"]
                    places.add((check.split(target)[1], blob["digest"]))
    return {
        "bytes": sum(blobs.values()),
        "sourceRequests": len(manifests) + len(blobs),
        "targetRequests": 2 * len(blobs) + (len(places) - len(blobs)) + puts,
    }
