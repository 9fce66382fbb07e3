"""What stands on the screen before any script has run: a frame and the verdict, as plain HTML."""

import time

from markupsafe import escape

from analysis.store.reader import StoreError
from dashboard.context import reader
from dashboard.verdict import present_verdict
from dashboard.watch import failed_watch

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title><link rel="icon" href="/assets/head/icon.svg" type="image/svg+xml">
<script src="/assets/head/start.js"></script>{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""

_FIRST = """<div id="first-paint" role="status"><div class="fp-head"><b>Sentinel</b></div>
<div class="fp-body"><div class="verdict {tone}"><div><p class="verdict-line">{line}</p>
<p class="verdict-next">{next}</p></div></div></div></div>"""


def first_paint() -> str:
    """The block that live.js removes when the page itself is there."""
    try:
        said = present_verdict(reader(), time.time())
    except StoreError as error:
        watch = failed_watch(error, reader().path)
        return _FIRST.format(tone="warn", line=escape(watch.text), next=escape(watch.fix or ""))
    return _FIRST.format(tone=said.tone, line=escape(said.line), next=escape(said.next))
