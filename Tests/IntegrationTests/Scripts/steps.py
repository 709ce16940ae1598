# SPDX-License-Identifier: Apache-2.0

"""Runs the shell of a workflow file as its service would: the `run` of each step, or the lines of a `script`.

usage: steps.py FILE.yml

Every step has a shell of its own, which ends at its first failure, and so does the workflow.
"""

import os
import subprocess
import sys

import yaml


def steps(job: dict) -> list[str]:
    if "script" in job:
        return ["\n".join(job["script"])]
    return [step["run"] for step in job["steps"]]


with open(sys.argv[1], encoding="utf-8") as file:
    document = yaml.safe_load(file)
for job in document.get("jobs", document).values():
    variables = job.get("variables", {}) | job.get("env", {})
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    for text in steps(job):
        ended = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", text], env=environment)
        if ended.returncode != 0:
            sys.exit(ended.returncode)
