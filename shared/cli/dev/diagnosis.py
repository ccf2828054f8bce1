"""What is wrong with an app, in a sentence, from what it answered: what its author would want to know first."""

from collections.abc import Mapping
from typing import Any

BUDGET_MS = 1000
"""How long the platform waits for an app that has said nothing else about itself (spec 5)."""
_LATE = f"Later than {BUDGET_MS} ms: answer first, and work afterwards."
_SHOWN = 200
"""Characters of an answer that are repeated."""
_SIGNATURES = ("Sentry-Hook-Signature", "Sentry-App-Signature")


def explain(attempt: Mapping[str, Any], *, url: str, body: str) -> str:
    """A sentence, or nothing where all is well.

    Args:
        attempt: as REST shows it: ``responseCode``, ``error``, ``durationMs``, ``response`` and ``request``.
        url: what was called.
        body: what was sent.
    """
    status = int(attempt["responseCode"])
    if not status:
        return _of_silence(str(attempt.get("error") or ""), url)
    if status in (401, 403):
        return _of_refusal(attempt, status, body)
    if status >= 300:
        return _of_status(attempt, status, url)
    return _LATE if int(attempt["durationMs"]) > BUDGET_MS else ""


def _of_status(attempt: Mapping[str, Any], status: int, url: str) -> str:
    said = _first_line(attempt)
    if status < 400:
        return "Your app redirects, and a webhook follows no redirect: name the address itself."
    if status in (404, 405):
        return f"Your app has nothing at {url} for a POST: the manifest's webhookUrl, or a route that is missing."
    what = "failed" if status >= 500 else "refused it"
    return f"Your app {what}{f': {said}' if said else ', and said nothing'}."


def _of_silence(error: str, url: str) -> str:
    if "reached" in error or "refused" in error.lower():
        return f"Nothing listens at {url}: is your app running, and on that port?"
    if "time" in error.lower():
        return _LATE
    return f"No answer: {error.rstrip('.') or 'the connection broke off'}."


def _of_refusal(attempt: Mapping[str, Any], status: int, body: str) -> str:
    headers = {name.lower(): value for name, value in (attempt.get("request") or {}).get("headers", {}).items()}
    signed = " and ".join(f"{name} {headers.get(name.lower(), '')[:8]}…" for name in _SIGNATURES)
    length = len(body.encode("utf-8", "surrogatepass"))
    return (
        f"Your app answered {status}: it may have verified other bytes, or with another secret. Signed were the "
        f"{length} bytes of the body as they were sent, before any parsing ({signed})."
    )


def _first_line(attempt: Mapping[str, Any]) -> str:
    text = str((attempt.get("response") or {}).get("body") or "").strip()
    # A framework's page of an error has its message in a title, and a thousand lines of markup around it.
    if text[:1] == "<" and "<title>" in text:
        text = text.partition("<title>")[2].partition("</title>")[0]
    return text.splitlines()[0][:_SHOWN] if text else ""
