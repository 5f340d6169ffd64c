"""The playground in a tab, used as its users do."""

from __future__ import annotations

import json
from typing import Any

from tests.browser.chromium import Browser, Page

EDITORS = "__MONACO.editor.getModels()"


class Playground:
    """An open playground."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, text: str, *, within: str = "body") -> None:
        """Clicks the button with this text or label, as soon as there is one."""
        await self.page.wait_for(
            f"""(() => {{
                const buttons = [...document.querySelectorAll({json.dumps(f"{within} button")})];
                const wanted = buttons.find((button) =>
                    [button.innerText.trim(), button.ariaLabel].includes({json.dumps(text)}));
                wanted?.click();
                return Boolean(wanted);
            }})()"""
        )

    async def sign_in(self, username: str) -> None:
        """Signs in by one click."""
        await self.press("Show Users")
        await self.page.wait_for("document.querySelector('[aria-label=Users] .pg-list button')")
        await self.page.evaluate(
            f"""[...document.querySelectorAll('[aria-label=Users] .pg-list button')]
                .find((each) => each.innerText.includes({json.dumps(f"@{username}")})).click()"""
        )
        await self.page.wait_for(
            f"document.querySelector('.pg-bar').innerText.includes({json.dumps(f'@{username}')})"
        )

    async def choose(self, operation: str) -> Any:
        """Puts an operation of the shelf into the editor. Returns its variables."""
        if not await self.page.evaluate(
            "document.querySelector('[aria-label=Operations]') !== null"
        ):
            await self.press("Show Operations")
        await self.put("operation", "")
        await self.press(operation, within="[aria-label=Operations]")
        await self.page.wait_for(f"({self.editor('operation')}).getValue()")
        # Variables and text are set together.
        return json.loads(await self.text("variables") or "{}")

    async def copy_as(self, name: str) -> str:
        """What "Copy as" puts on the clipboard."""
        await self.page.evaluate("navigator.clipboard.writeText('')")
        await self._select('[aria-label="Copy as"]', name)
        copied: str = await self.page.wait_for("navigator.clipboard.readText()")
        return copied

    async def transport(self, name: str) -> None:
        """Chooses how subscriptions reach the tab: WebSocket, SSE or both."""
        await self._select(".pg-bar label select", name)

    async def _select(self, selector: str, value: str) -> None:
        await self.page.evaluate(
            f"""(() => {{
                const select = document.querySelector({json.dumps(selector)});
                const value = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value');
                value.set.call(select, {json.dumps(value)});
                select.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }})()"""
        )

    async def run(self) -> None:
        """Executes, or ends a subscription."""
        await self.page.evaluate("document.querySelector('.graphiql-execute-button').click()")

    async def answer(self, condition: str = "true") -> Any:
        """The response, as soon as there is one for which the condition on `answer` holds."""
        text = await self.page.wait_for(
            f"""(() => {{
                const text = ({self.editor("response")}).getValue();
                const answer = JSON.parse(text);
                return ({condition}) && text;
            }})()"""
        )
        return json.loads(text)

    async def text(self, name: str) -> str:
        found: str = await self.page.evaluate(f"({self.editor(name)}).getValue()")
        return found

    async def put(self, name: str, text: str) -> None:
        await self.page.evaluate(f"({self.editor(name)}).setValue({json.dumps(text)})")

    @staticmethod
    def editor(name: str) -> str:
        """The expression of an editor: operation, variables or response."""
        return f"{EDITORS}.find((model) => model.uri.path.includes('-{name}.'))"


async def playground(browser: Browser, origin: str, fragment: str = "") -> Playground:
    """A playground in a new tab with a storage of its own."""
    page = await browser.page(origin)
    await page.size(1280, 800)
    await page.open(f"/graphql/{fragment}")
    await page.wait_for("document.querySelector('.graphiql-query-editor .view-line')")
    await page.wait_for(f"{EDITORS}.length >= 3")
    return Playground(page)
