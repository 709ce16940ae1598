# SPDX-License-Identifier: Apache-2.0

"""Follows the events of a run, interrupts it after the first one and prints how it ended.

usage: live_end.py ADDRESS PROCESS
"""
import json
import os
import signal
import sys
import urllib.request

kind = None
with urllib.request.urlopen(sys.argv[1] + "events") as events:
    for line in events:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "event":
            if kind is None:
                os.kill(int(sys.argv[2]), signal.SIGINT)
            kind = value
        if name == "data" and kind == "end":
            print(json.loads(value)["outcome"])
