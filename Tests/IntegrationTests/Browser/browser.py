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


def resize(browser, width, height, is_phone):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def views(browser):
    """Names of how people look at a page, each while the browser is set to it."""
    for name, size, scheme in [("light", (1300, 1000), "light"), ("dark", (1300, 1000), "dark"), ("phone", (390, 844), "light")]:
        resize(browser, *size, name == "phone")
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        yield name


# What of the charts and tables cannot be read without moving the page or a part of it sideways.
UNFIT = """
const width = arguments[0];
const unfit = [];
// A phone shows a page that is too wide at a smaller scale: the width of its window says nothing.
const whole = document.documentElement.scrollWidth;
if (whole > width) unfit.push(`the page is ${whole} wide`);
for (const chart of document.querySelectorAll(".chart")) {
  const name = chart.querySelector("svg").getAttribute("aria-label").slice(0, 40);
  if (chart.scrollWidth > chart.clientWidth) unfit.push(`${name}: ${chart.scrollWidth} in ${chart.clientWidth}`);
  const box = chart.querySelector("svg").getBoundingClientRect();
  const boxOf = (shape) => ({ shape, rect: shape.getBoundingClientRect() });
  for (const { shape, rect } of [...chart.querySelectorAll("rect, text")].map(boxOf)) {
    if (rect.left < box.left - 1 || rect.right > box.right + 1 || rect.top < box.top - 1 || rect.bottom > box.bottom + 1) {
      if (rect.width) unfit.push(`${name}: outside: ${shape.textContent || shape.outerHTML}`);
    }
  }
  const texts = [...chart.querySelectorAll("text")].map(boxOf).filter(({ rect }) => rect.width);
  if (!texts.length) unfit.push(`${name}: no text is shown`);
  for (const { shape } of texts) {
    const size = parseFloat(getComputedStyle(shape).fontSize) * shape.getScreenCTM().a;
    if (size < 11) unfit.push(`${name}: ${shape.textContent}: letters of ${size} pixels`);
  }
  texts.forEach(({ shape, rect: a }, place) => {
    for (const { shape: other, rect: b } of texts.slice(place + 1)) {
      const isApart = a.right < b.left + 1 || b.right < a.left + 1 || a.bottom < b.top + 1 || b.bottom < a.top + 1;
      if (!isApart) unfit.push(`${name}: ${shape.textContent} and ${other.textContent} overlap`);
    }
  });
}
for (const part of document.querySelectorAll(".scroll")) {
  const name = part.getAttribute("aria-label");
  if (part.scrollWidth > part.clientWidth) unfit.push(`table ${name}: ${part.scrollWidth} in ${part.clientWidth}`);
}
return unfit;
"""


def unfit(browser):
    """What of a page, its charts and its tables does not fit narrow phones, tablets and wide screens, or cannot be read there."""
    found = []
    # What is closed has no width.
    browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for width in [320, 400, 650, 820, 821, 1000, 1200]:
        resize(browser, width, 900, width < 600)
        found += [f"{width}: {one}" for one in browser.execute_script(UNFIT, width)]
    return found


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
