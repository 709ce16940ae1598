# SPDX-License-Identifier: Apache-2.0

"""Watches a run in headless Chromium, kills it and prints what the page says then.

usage: live_lost.py ADDRESS PROCESS
"""
import os
import signal
import sys

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from browser import start


def main():
    browser = start()
    try:
        browser.get(sys.argv[1])
        said = lambda words: WebDriverWait(browser, 60).until(lambda b: b.find_element(By.ID, "link").text.startswith(words))
        said("Live")
        os.kill(int(sys.argv[2]), signal.SIGKILL)
        said("The connection to the run was lost at ")
        print(browser.find_element(By.ID, "link").get_attribute("class"), len(browser.find_elements(By.CSS_SELECTOR, "#items tbody tr")))
    finally:
        browser.quit()


main()
