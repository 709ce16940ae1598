# SPDX-License-Identifier: Apache-2.0

"""Prints, as JSON, how many charts a page has, and what of it does not fit screens of every width.

usage: unfit.py PAGE FOLDER      (screenshots go to FOLDER)
"""
import json
import pathlib
import sys

from selenium.webdriver.common.by import By

from browser import resize, start, unfit


def main():
    page, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    browser = start()
    try:
        browser.get(page.as_uri())
        found = {"unfit": unfit(browser), "charts": len(browser.find_elements(By.CSS_SELECTOR, ".chart svg"))}
        for scheme, width in [("light", 400), ("dark", 320), ("light", 1200), ("dark", 1200)]:
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            resize(browser, width, 2400, width < 600)
            browser.save_screenshot(str(folder / f"{page.stem}-{width}-{scheme}.png"))
    finally:
        browser.quit()
    print(json.dumps(found))


main()
