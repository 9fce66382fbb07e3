"""Chromium inside a host of the lab, whose pages must stay quiet."""

from typing import Any

from tests.lab.network import Host


class Browser:
    """One browser on one dashboard. `trouble` holds what its console said and what it asked for elsewhere."""

    def __init__(self, playwright: Any, host: Host, url: str) -> None:
        self.url = url
        self.trouble: list[str] = []
        wrapper = host.network.folder / f"chromium-{host.name}"
        wrapper.write_text(f'#!/bin/sh\nexec nsenter --net=/run/netns/{host.namespace} chromium "$@"\n')
        wrapper.chmod(0o755)
        self._browser = playwright.chromium.launch(
            executable_path=str(wrapper), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        self._context = self._browser.new_context(viewport={"width": 1400, "height": 1600})

    def open(self, path: str) -> Any:
        """A new tab on a page."""
        page = self._context.new_page()
        page.on("console", lambda said: self._tell(path, f"console {said.type}: {said.text}"))
        page.on("pageerror", lambda error: self._tell(path, f"error: {error}"))
        page.on("dialog", lambda dialog: (self._tell(path, f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self._ours(path, request.url))
        page.goto(self.url + path)
        page.wait_for_selector("#content h1", timeout=20_000)
        return page

    def close(self) -> None:
        self._browser.close()

    def _tell(self, path: str, text: str) -> None:
        self.trouble.append(f"{path}: {text}")

    def _ours(self, path: str, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self._tell(path, f"request: {url}")


def shows(page: Any, selector: str, text: str) -> bool:
    """Whether an element of the page holds the text."""
    found: bool = page.evaluate(
        "([selector, text]) => [...document.querySelectorAll(selector)].some(e => e.textContent.includes(text))",
        [selector, text],
    )
    return found
