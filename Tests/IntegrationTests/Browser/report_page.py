# SPDX-License-Identifier: Apache-2.0

"""Opens a report's page in headless Chromium and prints, as JSON, what a reader finds.

usage: report_page.py PAGE FOLDER      (screenshots go to FOLDER)
"""
import json
import pathlib
import sys
import time

from selenium.webdriver.common.by import By

from browser import start, views, violations


def structure(browser):
    return {
        "headings": [heading.text for heading in browser.find_elements(By.TAG_NAME, "h2")],
        "charts": len(browser.find_elements(By.CSS_SELECTOR, "svg[role=img]")),
        "tables": len(browser.find_elements(By.TAG_NAME, "table")),
        "rows": len(browser.find_elements(By.CSS_SELECTOR, "#items tbody tr")),
        "shown": browser.find_element(By.ID, "shown").text,
        # A page that has to be moved sideways does not fit its screen.
        "isWide": browser.execute_script("return document.documentElement.scrollWidth > window.innerWidth"),
        "background": browser.execute_script("return getComputedStyle(document.body).backgroundColor"),
    }


def click(browser, selector):
    browser.execute_script("arguments[0].click()", browser.find_element(By.CSS_SELECTOR, selector))
    return browser.find_element(By.ID, "shown").text


def main():
    page, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    browser = start()
    found = {}
    try:
        for name in views(browser):
            begin = time.monotonic()
            browser.get(page.as_uri())
            found[name] = structure(browser)
            found[name]["seconds"] = time.monotonic() - begin
            browser.save_screenshot(str(folder / f"{name}.png"))
            # A few rows, of every kind, say as much as hundreds and take seconds instead of a minute.
            browser.find_element(By.ID, "search").send_keys("image-100")
            found[name]["violations"] = violations(browser)
        click(browser, "#reset")
        found["afterChip"] = click(browser, ".chip.failed")
        found["afterReset"] = click(browser, "#reset")
        found["afterCause"] = click(browser, "[data-search]")
        click(browser, "#reset")
        click(browser, "#items th[data-key=seconds] button")
        click(browser, "#items th[data-key=seconds] button")
        found["slowest"] = browser.find_element(By.CSS_SELECTOR, "#items tbody tr:first-child td:last-child").text
        search = browser.find_element(By.ID, "search")
        search.send_keys("image-77:")
        found["afterSearch"] = browser.find_element(By.ID, "shown").text
        found["console"] = [entry["message"] for entry in browser.get_log("browser")]
        found["unnamed"] = browser.execute_script(
            "return [...document.querySelectorAll('button, input, svg, [role=region]')].filter((e) => "
            "!(e.textContent.trim() || e.getAttribute('aria-label'))).length")
    finally:
        browser.quit()
    print(json.dumps(found))


main()
