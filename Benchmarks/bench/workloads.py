# SPDX-License-Identifier: Apache-2.0

"""What is copied: sets of images made by seed-registry, and what the target holds before."""


class Workload:
    """`kind` is `copy` (into an empty registry, then again), `rerun` (everything is at the target already) or `retag` (within one)."""

    def __init__(self, name, images=None, kind="copy", referrers=False):
        self.name = name
        #: The name of the set in seed-registry.
        self.images = images or name
        self.kind = kind
        #: Whether tools that can are asked to copy referrers too.
        self.referrers = referrers


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("guide"),
        Workload("big"),
        Workload("huge"),
        Workload("fleet"),
        Workload("tiny"),
        Workload("multiarch", referrers=True),
        Workload("rerun", images="fleet", kind="rerun"),
        Workload("retag", images="fleet", kind="retag"),
    )
}


def named(text):
    """The workloads of a list like `fleet,tiny`."""
    names = [name for name in text.split(",") if name]
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown or not names:
        raise SystemExit(f"error: no such workload: {', '.join(unknown) or text!r}; there are {', '.join(WORKLOADS)}")
    return [WORKLOADS[name] for name in names]
