# SPDX-License-Identifier: Apache-2.0

"""Headless Chromium with its console kept, and axe-core's rules, for the other scripts."""
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

try:
    from axe_selenium_python import Axe
except ImportError:
    Axe = None


def start():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


def views(browser):
    """Names of how people look at a page, each while the browser is set to it."""
    for name, size, scheme in [("light", (1300, 1000), "light"), ("dark", (1300, 1000), "dark"), ("phone", (390, 844), "light")]:
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": name == "phone"}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        yield name


def violations(browser):
    """What of the page breaks axe-core's rules; nothing without axe-selenium-python, which PyPI has."""
    if Axe is None:
        return []
    # What is closed is not looked at.
    browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    browser.set_script_timeout(300)
    axe = Axe(browser)
    axe.inject()
    return [
        f"{rule['id']}: {node['target'][0]}: {node['failureSummary']}"
        for rule in axe.run()["violations"]
        for node in rule["nodes"]
    ]
