# SPDX-License-Identifier: Apache-2.0

"""The least that a copy of a list can cost: what every tool's requests and bytes are held against."""

import json

from . import check


class Cost:
    """Requests and bytes of a copy that asks nothing twice.

    At the source: one GET for each manifest and each unique blob. At the target: POST and PUT for each unique blob, one
    mount POST for each further repository that needs it, one PUT for each manifest in each repository. Within one registry
    every blob is mounted.
    """

    def __init__(self, plain, within_one_registry):
        self.readers = check.Readers(plain)
        self.within_one_registry = within_one_registry
        self.blobs, self.places, self.manifests, self.more_reads, self.puts = {}, set(), set(), 0, 0

    def add(self, source, target, referrers):
        host, repository, tag = check.split(source)
        reader, place = self.readers[host], check.split(target)[1]
        root = self._walk(reader, repository, tag, place)
        if referrers:
            # One question for the list, and where a tag stands for it, one PUT to renew it at the target.
            self.more_reads += 1
            listed = reader.referrers(repository, root)
            for digest in listed:
                self._walk(reader, repository, digest, place)
            self.puts += 1 if listed and reader.manifest(repository, root.replace(":", "-")) else 0

    def _walk(self, reader, repository, selector, place):
        body = reader.manifest(repository, selector)
        manifest = json.loads(body)
        self.manifests.add(body)
        self.puts += 1
        for blob in check.blobs_of(manifest):
            self.blobs[blob["digest"]] = blob["size"]
            self.places.add((place, blob["digest"]))
        for child in manifest.get("manifests", []):
            self._walk(reader, repository, child["digest"], place)
        return check.digest_of(body)

    def total(self):
        unique = 0 if self.within_one_registry else len(self.blobs)
        return {
            "bytes": 0 if self.within_one_registry else sum(self.blobs.values()),
            "sourceRequests": len(self.manifests) + self.more_reads + unique,
            "targetRequests": len(self.places) + unique + self.puts,
        }


def of(workload, pairs, plain):
    """The least for tools that leave referrers behind and, where the workload has some, for those that copy them."""
    if workload.kind == "rerun":
        return {"plain": {"bytes": 0, "sourceRequests": len(pairs), "targetRequests": len(pairs)}}
    found = {}
    for name, referrers in [("plain", False)] + ([("referrers", True)] if workload.referrers else []):
        cost = Cost(plain, within_one_registry=workload.kind == "retag")
        for source, target in pairs:
            cost.add(source, target, referrers)
        found[name] = cost.total()
    return found
