"""The demo in a tab, used as its users do."""

from __future__ import annotations

import json
from pathlib import Path

from tests.browser.chromium import Browser, Page

STATUS = "document.querySelector('.status')?.innerText"
PHONE = 390


def named(label: str, *, within: str = "body", tags: str = "button, a, summary") -> str:
    """The expression of the control with this text or label within the first such element."""
    return f"""[...document.querySelector({json.dumps(within)}).querySelectorAll({json.dumps(tags)})]
        .find((each) => [each.innerText?.trim(), each.ariaLabel].includes({json.dumps(label)}))"""


class Demo:
    """An open demo, on a phone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def go(self, place: str) -> None:
        """Opens a place by its address: `#/search`."""
        await self.page.evaluate(f"void (location.hash = {json.dumps(place)})")

    async def press(self, label: str, *, within: str = "body") -> None:
        """Clicks the control with this text or label, as soon as there is one."""
        await self.page.wait_for(
            f"(() => {{ const found = {named(label, within=within)}; found?.click(); return Boolean(found); }})()"
        )

    async def fill(self, label: str, text: str) -> None:
        """Replaces the text of the field with this label."""
        field = f"""[...document.querySelectorAll('input, textarea')].find((each) =>
            [each.ariaLabel, each.labels[0]?.innerText.trim()].includes({json.dumps(label)}))"""
        await self.page.wait_for(f"({field})?.matches(':enabled')")
        await self.page.evaluate(f"(({field}).focus(), ({field}).select())")
        await self.page.call("Input.insertText", text=text)

    async def choose(self, label: str, value: str) -> None:
        """Chooses an option of the list with this label."""
        await self.page.evaluate(
            f"""(() => {{
                const select = document.querySelector('[aria-label={json.dumps(label)}]');
                select.value = {json.dumps(value)};
                select.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }})()"""
        )

    async def choose_file(self, path: Path) -> None:
        """Gives the file to the first field for files."""
        found = await self.page.call(
            "Runtime.evaluate", expression="document.querySelector('input[type=file]')"
        )
        await self.page.call(
            "DOM.setFileInputFiles", files=[str(path)], objectId=found["result"]["objectId"]
        )

    async def network(self, speed: int | None) -> None:
        """Limits the network to a speed in bytes a second; None: to none."""
        limit = -1 if speed is None else speed
        await self.page.call(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=0,
            downloadThroughput=limit,
            uploadThroughput=limit,
        )

    async def enter(self) -> None:
        for kind in ("keyDown", "keyUp"):
            await self.page.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key="Enter",
                windowsVirtualKeyCode=13,
                text="\r",
            )

    async def shows(self, text: str, *, within: str = "main") -> None:
        """Returns when the element has the text."""
        await self.page.wait_for(
            f"document.querySelector({json.dumps(within)}).innerText.includes({json.dumps(text)})"
        )

    async def has(self, label: str, *, within: str = "body") -> None:
        """Returns when there is a control with this text or label."""
        await self.page.wait_for(f"({named(label, within=within)}) !== undefined")

    async def fits(self) -> None:
        """Checks that nothing has to be scrolled sideways, in both colours, and writes no complaint."""
        for dark in (False, True):
            await self.page.size(PHONE, 844, dark=dark)
            assert await self.page.evaluate("document.documentElement.scrollWidth") <= PHONE
        assert self.page.complaints == []
        assert self.page.requests_elsewhere == []


async def demo(browser: Browser, origin: str) -> Demo:
    """The demo in a new tab with a storage of its own, live."""
    page = await browser.page(origin)
    await page.size(PHONE, 844)
    await page.open("/demo/")
    await page.wait_for(f"{STATUS} === 'Live'")
    return Demo(page)
