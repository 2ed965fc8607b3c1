"""A real headless Chromium, driven as a reader would: by what is seen, and by the keyboard."""
import json
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en-US")

# Runs before the page does: what went wrong in it, and what it tried to show or load.
WATCH = """
window.wrong = [];
addEventListener("error", (e) => wrong.push(`error: ${e.message}`));
addEventListener("unhandledrejection", (e) => wrong.push(`rejection: ${e.reason}`));
addEventListener("securitypolicyviolation", (e) => wrong.push(`policy: ${e.violatedDirective} ${e.blockedURI}`));
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = () => wrong.push(name);
"""


class Browser:
    def __init__(self, profile):
        options = Options()
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        self.wide()

    def quit(self):
        self.driver.quit()

    # ---- how it looks ----

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def wide(self):
        self.size(1280, 900)

    def prefer(self, scheme):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def downloads_to(self, folder):
        self.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})

    # ---- where it is ----

    def open(self, url, token=None):
        """A new document, with nothing kept from the one before."""
        self.driver.get(f"{url.split('#')[0]}schema/list.json")  # of that origin, without the page
        self.script("localStorage.clear(); sessionStorage.clear();"
                    "if (arguments[0]) sessionStorage.setItem('tidewaiter.token', arguments[0]);", token)
        self.driver.get(url)

    def go(self, hash_):
        """As a link would."""
        self.script("location.hash = arguments[0]", hash_)

    @property
    def hash(self):
        return self.script("return location.hash")

    # ---- what it shows ----

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def wait(self, what, condition, seconds=20):
        """What the condition gives, as soon as it is true; a page that changes under it is asked again."""
        end, last = time.monotonic() + seconds, None
        while time.monotonic() < end:
            try:
                result = condition()
                if result:
                    return result
            except Exception as error:  # pylint: disable=broad-except
                last = error
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s for {what}; {last}\n{self.text('body')[:3000]}\n{self.wrong()}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.wait(selector, lambda: self.all(selector))[0]

    def text(self, selector="main"):
        """As it is rendered; of the first one."""
        return self.script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def texts(self, selector):
        return self.script(
            "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText.trim())", selector)

    def content(self):
        """All of it, also what is folded away."""
        return self.script("return document.querySelector('main').textContent")

    def rows(self, table):
        """Of the table with that caption: a dict a row, by the heads of the columns."""
        return self.script("""
            const table = [...document.querySelectorAll("table")].find((t) => t.caption?.textContent === arguments[0]);
            if (!table) return [];
            const heads = [...table.tHead.rows[0].cells].map((c) => c.textContent);
            const values = (row) => [...row.cells].map((cell, i) => [heads[i], cell.innerText.trim()]);
            return [...table.tBodies[0].rows].map((row) => Object.fromEntries(values(row)));
            """, table)

    def wait_rows(self, table, count=None):
        return self.wait(f"the rows of {table}", lambda: (
            lambda rows: rows and (count is None or len(rows) == count) and rows)(self.rows(table)))

    def focus(self):
        """The element that has the keyboard: its text, or else its label or name."""
        return self.script("""
            const e = document.activeElement;
            return e.innerText?.trim() || e.ariaLabel || e.id || e.tagName""")

    def keys(self, *keys):
        chain = ActionChains(self.driver)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    # ---- what went wrong ----

    def wrong(self):
        """Errors of scripts, breaches of the policy, and all that the console calls severe."""
        return (self.script("return window.wrong ?? []") +
                [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"])

    def requests(self):
        """The addresses that were asked since the last time."""
        messages = [json.loads(line["message"])["message"] for line in self.driver.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def axe(self, source, *rules):
        """Violations of these rules, else of all, that axe-core calls serious or critical: (rule, where, why)."""
        self.script(source + "; window.axe = axe;")
        result = self.driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            const only = arguments[0].length ? {runOnly: arguments[0]} : {};
            axe.run(document, {resultTypes: ["violations"], ...only}).then(done, (why) => done({error: String(why)}));
            """, rules)
        assert "error" not in result, result["error"]
        return [(rule["id"], node["html"][:200], node.get("failureSummary", "")[:300]) for rule in result["violations"]
                if rule["impact"] in ("serious", "critical") for node in rule["nodes"]]
