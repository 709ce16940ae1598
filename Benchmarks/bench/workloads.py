# SPDX-License-Identifier: Apache-2.0

"""What is copied: sets of images made by seed-registry, and what the target holds before."""

import copy


class Workload:
    """`kind` is `copy` (into an empty registry, then again), `rerun` (everything is at the target already) or `retag` (within one)."""

    #: What multiplies sizes or numbers of images; None for what is asked for all workloads.
    scale = None

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
    """The workloads of a list like `fleet,tiny:0.05`: with a number, at a scale of their own."""
    return [scaled(*word.partition(":")[::2]) for word in text.split(",") if word] or [scaled(text, "")]


def scaled(name, scale):
    if name not in WORKLOADS:
        raise SystemExit(f"error: no such workload: {name!r}; there are {', '.join(WORKLOADS)}")
    workload = copy.copy(WORKLOADS[name])
    if scale:
        workload.scale = float(scale)
    return workload
