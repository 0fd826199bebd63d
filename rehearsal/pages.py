"""What a browser sees when the router has no answer of the app's, and what the router's codes mean."""

from __future__ import annotations

from aiohttp import web

# https://devcenter.heroku.com/articles/error-codes
CODES = {
    "H10": "App crashed",
    "H12": "Request timeout",
    "H13": "Connection closed without response",
    "H14": "No web processes running",
    "H15": "Idle connection",
    "H18": "Server Request Interrupted",
    "H19": "Backend connection timeout",
    "H20": "App boot timeout",
    "H21": "Backend connection refused",
    "H27": "Client Request Interrupted",
    "H80": "Maintenance mode",
}
STYLE = "body{font:16px/1.5 sans-serif;max-width:36rem;margin:18vh auto;padding:0 1rem;color:#333}h1{font-weight:400}"
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style></head>
<body><h1>{title}</h1>{text}</body>
</html>
"""
ERROR = (
    "<p>An error occurred in the application and your page could not be served. If you are the application owner, "
    "check your logs for details: <code>./inv logs --stage rehearsal --tail</code></p>"
)
MAINTENANCE = "<p>This application is undergoing maintenance right now. Please check back later.</p>"
NO_APP = "<p>There's nothing here, yet: no app of this rehearsal has the name <code>{host}</code>.</p>"


def _page(status: int, title: str, text: str) -> web.Response:
    body = PAGE.format(title=title, text=text, style=STYLE)
    headers = {"Cache-Control": "no-cache, no-store", "Server": "Heroku"}
    return web.Response(status=status, text=body, content_type="text/html", charset="utf-8", headers=headers)


def error(code: str) -> web.Response:
    """503 with Heroku's page for a code."""
    if code == "H80":
        return _page(503, "Offline for Maintenance", MAINTENANCE)
    return _page(503, "Application error", ERROR)


def no_such_app(host: str) -> web.Response:
    shown = "".join(letter for letter in host if letter.isalnum() or letter in ".-:")[:100]
    return _page(404, "No such app", NO_APP.format(host=shown))
