# SPDX-License-Identifier: Apache-2.0

"""Prints, as JSON, what of a style sheet a browser passes over, and variables that are set or used alone.

usage: lint_style.py FILE.css
"""
import json
import pathlib
import re
import sys

from browser import start

# A browser drops what it does not know, in silence.
UNKNOWN = """
const unknown = [];
for (const [, body] of arguments[0].matchAll(/\\{([^{}]*)\\}/g)) {
  for (const one of body.split(";").map((one) => one.trim()).filter(Boolean)) {
    const [, name, value] = one.match(/^([\\w-]+)\\s*:\\s*([^]*)$/) ?? [];
    if (name === undefined || !name.startsWith("--") && !CSS.supports(name, value)) unknown.push(one);
  }
}
return unknown;
"""


def main():
    text = re.sub(r"/\*.*?\*/", "", pathlib.Path(sys.argv[1]).read_text(), flags=re.S)
    browser = start()
    try:
        unknown = browser.execute_script(UNKNOWN, text)
    finally:
        browser.quit()
    used, set_ = set(re.findall(r"var\((--[\w-]+)", text)), set(re.findall(r"[{;\s](--[\w-]+)\s*:", text))
    print(json.dumps({"unknown": unknown, "neverSet": sorted(used - set_), "neverUsed": sorted(set_ - used)}))


main()
