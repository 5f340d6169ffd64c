"""Chromium without a window, driven by the Chrome DevTools Protocol over a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from core.errors import JSONObject

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
TIMEOUT = 120.0
"""For one step of a page, on a busy machine."""
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # Root can't use the sandbox; the pages are our own.
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    # A window, an extension or an update would take more CPU than a page.
    "--no-startup-window",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    "--disable-extensions",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
WAIT_FOR = """
(async () => {
  for (;;) {
    let found = null;
    try { found = await (%s); } catch (error) { found = null; }
    if (found) return found instanceof Node ? true : found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
})()
"""


class Page:
    """A tab, with what it has requested and complained about."""

    def __init__(self, browser: Browser, context: str, session: str, origin: str) -> None:
        self._browser = browser
        self.context = context
        self._session = session
        self._origin = origin
        self.service_workers: list[str] = []
        """The keys of their registrations, once `ServiceWorker.enable` was called."""
        self.requests_elsewhere: list[str] = []
        """URLs of requests to other servers than the page's."""
        self.complaints: list[str] = []
        """Errors and warnings on the console, exceptions, failed requests."""

    async def call(self, method: str, **parameters: Any) -> JSONObject:
        return await self._browser.call(method, self._session, **parameters)

    async def permit(self, permission: str, setting: str) -> None:
        """What the user answers when the page asks for the permission: granted, denied or prompt."""
        await self._browser.call(
            "Browser.setPermission",
            permission={"name": permission},
            setting=setting,
            origin=self._origin,
            browserContextId=self.context,
        )

    async def open(self, path: str) -> None:
        """Opens a page of the server and waits until it has loaded."""
        await self.call("Page.navigate", url=f"{self._origin}{path}")
        await self.wait_for(
            f"document.readyState === 'complete' && location.href.startsWith('{self._origin}')"
        )

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; of a promise, its result."""
        answer = await self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def wait_for(self, expression: str) -> Any:
        """The first true value of an expression, also over a reload. Errors: AssertionError with a text of the page."""
        try:
            async with asyncio.timeout(TIMEOUT):
                while True:
                    try:
                        return await self.evaluate(WAIT_FOR % expression)
                    except AssertionError as error:
                        if "Inspected target navigated" not in str(error):
                            raise
        except TimeoutError:
            text = await self.evaluate("document.body.innerText")
            raise AssertionError(f"{expression} did not become true in:\n{text}") from None

    async def size(self, width: int, height: int, *, dark: bool = False) -> None:
        """Sets the size of the window and the preferred colours."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def screenshot(self, path: Path) -> None:
        """Writes the window as PNG."""
        image = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(image["data"]))

    def heard(self, method: str, parameters: JSONObject) -> None:
        """Takes an event of the tab."""
        match method:
            case "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith((f"{self._origin}/", "data:", "blob:", "about:")):
                    self.requests_elsewhere.append(url)
            case "Network.webSocketCreated":
                if urlsplit(parameters["url"]).netloc != urlsplit(self._origin).netloc:
                    self.requests_elsewhere.append(parameters["url"])
            case "Network.responseReceived" if parameters["response"]["status"] >= 400:
                response = parameters["response"]
                self.complaints.append(f"{response['status']} {response['url']}")
            case "ServiceWorker.workerRegistrationUpdated":
                found = [each["registrationId"] for each in parameters["registrations"]]
                self.service_workers += found
            case "Runtime.exceptionThrown":
                self.complaints.append(str(parameters["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if parameters["type"] in {"error", "warning", "assert"}:
                self.complaints.append(str([each.get("value") for each in parameters["args"]]))
            case "Log.entryAdded" if parameters["entry"]["level"] in {"error", "warning"}:
                self.complaints.append(parameters["entry"]["text"])


class Browser:
    """A running Chromium. Its messages are read while a command waits for its answer."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._pages: dict[str, Page] = {}

    async def call(self, method: str, session: str | None = None, **parameters: Any) -> JSONObject:
        """The result of a command. Errors: AssertionError if the browser refuses it."""
        number = next(self._ids)
        command = {"id": number, "method": method, "params": parameters}
        if session is not None:
            command["sessionId"] = session
        await self._connection.send(json.dumps(command))
        while True:
            message = json.loads(await self._connection.recv())
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                result: JSONObject = message["result"]
                return result
            page = self._pages.get(message.get("sessionId", ""))
            if page is not None and "method" in message:
                page.heard(message["method"], message["params"])

    async def page(self, origin: str) -> Page:
        """A new tab, with storage of its own, for the pages of one server: http://127.0.0.1:8000.

        Its pages may use the clipboard.
        """
        context = (await self.call("Target.createBrowserContext"))["browserContextId"]
        await self.call(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
            origin=origin,
            browserContextId=context,
        )
        target = await self.call(
            "Target.createTarget",
            url="about:blank",
            browserContextId=context,
        )
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        session = attached["sessionId"]
        page = self._pages[session] = Page(self, context, session, origin)
        for domain in ("Page", "Runtime", "Network", "Log"):
            await page.call(f"{domain}.enable")
        await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        return page

    async def close_tabs(self) -> None:
        """Closes all tabs, and drops their storage."""
        for page in self._pages.values():
            await self.call("Target.disposeBrowserContext", browserContextId=page.context)
        self._pages.clear()


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """A browser whose profile is in the folder, ended at the end."""
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *OPTIONS,
        f"--user-data-dir={folder}",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(folder)},
    )
    try:
        port, path = await _debugging_address(folder / "DevToolsActivePort", process)
        async with connect(
            f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None, ping_interval=None
        ) as connection:
            browser = Browser(connection)
            yield browser
            with suppress(ConnectionClosed):  # It may close before it answers.
                await browser.call("Browser.close")
        await asyncio.wait_for(process.wait(), TIMEOUT)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _debugging_address(file: Path, process: asyncio.subprocess.Process) -> tuple[str, str]:
    """The port and path that the browser has written into the file. Errors: AssertionError, TimeoutError."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            lines = await asyncio.to_thread(_lines, file)
            if len(lines) == 2:
                return lines[0], lines[1]
            assert process.returncode is None, "Chromium ended at its start."
            await asyncio.sleep(0.02)


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
