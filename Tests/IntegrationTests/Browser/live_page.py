# SPDX-License-Identifier: Apache-2.0

"""Watches a run in headless Chromium to its end and prints, as JSON, what a reader sees before and after.

usage: live_page.py ADDRESS REGISTRY FOLDER      (REGISTRY holds blobs back until somebody asks it for /open)
"""
import json
import pathlib
import sys
import urllib.request

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from browser import start, unfit, views, violations


def statuses(browser):
    found = {}
    for cell in browser.find_elements(By.CSS_SELECTOR, "#items tbody td:first-child"):
        found[cell.text] = found.get(cell.text, 0) + 1
    return found


def link(browser):
    return browser.find_element(By.ID, "link").text


def main():
    address, registry, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    browser = start()
    found = {}
    try:
        browser.get(address)
        WebDriverWait(browser, 60).until(lambda b: link(b).startswith("Live"))
        WebDriverWait(browser, 60).until(lambda b: b.find_elements(By.CSS_SELECTOR, "[data-part=bar] summary"))
        found["before"], found["linkBefore"] = statuses(browser), link(browser)
        found["violations"] = []
        for name in views(browser):
            browser.execute_script("window.scrollTo(0, 0)")
            browser.save_screenshot(str(folder / f"live-{name}.png"))
            found["violations"] += violations(browser)
        found["unfit"] = unfit(browser)
        browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = false; })")
        # A mark that a page loaded again would lose, and something opened that a new part must not close.
        browser.execute_script("window.mark = 1; const s = document.querySelector('[data-part=bar] summary'); s.click(); s.focus({preventScroll: true})")
        urllib.request.urlopen(f"http://{registry}/open").read()
        WebDriverWait(browser, 60).until(lambda b: link(b).startswith("The run has ended"))
        found["after"], found["linkAfter"] = statuses(browser), link(browser)
        found["headings"] = [heading.text for heading in browser.find_elements(By.TAG_NAME, "h2")]
        found["isOpen"] = browser.execute_script("return document.querySelector('[data-part=bar] details').open")
        found["focus"] = browser.execute_script("return document.activeElement.tagName")
        found["loads"] = browser.execute_script("return window.mark || 0")
        found["title"] = browser.title
        browser.save_screenshot(str(folder / "live-ended.png"))
        found["console"] = [entry["message"] for entry in browser.get_log("browser")]
    finally:
        browser.quit()
    print(json.dumps(found))


main()
