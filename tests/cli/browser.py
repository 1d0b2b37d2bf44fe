# SPDX-License-Identifier: MIT
"""A real browser with real clicks, keys and touches: chromium without a window, led through a pipe by its own
protocol. For tests; needs nothing but Python and chromium."""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find():
    """The browser of this machine, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One page of WIDTH x HEIGHT; dark or light. Everything that goes wrong in it is kept in `problems`."""

    def __init__(self, width=1280, height=900, dark=False, touch=False):
        self.folder = tempfile.mkdtemp()
        to_read, self.to = os.pipe()
        self.come, to_write = os.pipe()

        def ends():  # the browser reads commands from 3 and answers on 4
            a, b = os.dup(to_read), os.dup(to_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [find(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--remote-debugging-pipe", f"--user-data-dir={self.folder}/profile", "about:blank"],
            preexec_fn=ends, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        self.buffer, self.number, self.session, self.problems, self.loaded = b"", 0, None, [], False
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, **parameters):
        """One command of the protocol and its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def receive(self):
        while b"\0" not in self.buffer:
            part = os.read(self.come, 1 << 16)
            if not part:
                raise RuntimeError("the browser has gone")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        self.note(message.get("method"), message.get("params", {}))
        return message

    def note(self, method, what):
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            details = what["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.problems.append(what["entry"]["text"])
        elif method == "Network.requestWillBeSent" and what["request"]["url"].startswith("http"):
            self.problems.append(f"fetched {what['request']['url']}")

    def open(self, address):
        self.loaded = False
        self.call("Page.navigate", url=address)
        while not self.loaded:
            self.receive()

    def say(self, expression):
        """The value of a JavaScript expression, promises awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, milliseconds):
        self.say(f"new Promise(done => setTimeout(done, {milliseconds}))")

    def middle(self, selector, across=0.5):
        """Scrolls to the first such element; the place in it, `across` of its width from its left."""
        self.say(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.say(f"document.querySelector({selector!r}).getBoundingClientRect().toJSON()")
        return {"x": box["x"] + box["width"] * across, "y": box["y"] + box["height"] / 2}

    def mouse(self, kind, at, pressed=True):
        self.call("Input.dispatchMouseEvent", type=kind, button="left" if pressed else "none",
                  buttons=1 if pressed and kind != "mouseReleased" else 0, clickCount=1, **at)

    def click(self, selector, across=0.5):
        at = self.middle(selector, across)
        self.mouse("mousePressed", at)
        self.mouse("mouseReleased", at)

    def drag(self, selector, start, end):
        at, to = self.middle(selector, start), self.middle(selector, end)
        self.mouse("mousePressed", at)
        for k in range(1, 6):
            self.mouse("mouseMoved", {"x": at["x"] + (to["x"] - at["x"]) * k / 5, "y": to["y"]})
        self.mouse("mouseReleased", to)

    def swipe(self, selector, start, end):
        """A finger that goes along the element."""
        at, to = self.middle(selector, start), self.middle(selector, end)
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[at])
        for k in range(1, 6):
            self.call("Input.dispatchTouchEvent", type="touchMove",
                      touchPoints=[{"x": at["x"] + (to["x"] - at["x"]) * k / 5, "y": to["y"]}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def picture(self, path, selector=None):
        """Saves the page, or one element of it, as a PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        if selector:
            box = self.say(f"(r => ({{x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height}}))"
                           f"(document.querySelector({selector!r}).getBoundingClientRect())")
            clip.update(box)
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
