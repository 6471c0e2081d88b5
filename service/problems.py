"""Every error is answered with one sentence as `detail`, and none with what went on inside."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from service.errors import Clash, Forbidden, Unknown

STATUSES = {Forbidden: 403, Unknown: 404, Clash: 409}
GONE = (OperationalError, InterfaceError, NoConnection)
"""The database is not there, does not let us in, or is busy for too long."""
LONGEST = 400
"""Characters of a sentence: what a request sends wrong can be as long as it likes."""
log = logging.getLogger("service")


def explain_errors(app: FastAPI) -> None:
    """What goes wrong in `app` is answered as it should be."""

    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        found = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return problem(422, "; ".join(found))

    async def refused(_: Request, error: Exception) -> JSONResponse:
        return problem(STATUSES[type(error)], str(error))

    async def gone(_: Request, error: Exception) -> JSONResponse:
        log.warning("The database does not answer: %s", " ".join(str(error.__cause__ or error).split()))
        return problem(503, "the database does not answer; try again", {"Retry-After": "1"})

    async def wrong_method(request: Request, error: HTTPException) -> JSONResponse:
        # What is raised knows the methods of one route, and a target may have several.
        known = app.openapi()["paths"].get(request.scope["route"].path)
        headers = {"Allow": ", ".join(known).upper()} if known else error.headers
        return problem(405, error.detail, headers)

    app.exception_handler(RequestValidationError)(invalid)
    app.exception_handler(405)(wrong_method)
    for kind in STATUSES:
        app.add_exception_handler(kind, refused)
    for reason in GONE:
        app.add_exception_handler(reason, gone)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that says what is wrong."""
    said = detail if len(detail) <= LONGEST else detail[:LONGEST] + "…"
    # What a request sent may be no text at all, such as half a pair of surrogates.
    return JSONResponse(
        {"detail": said.encode(errors="replace").decode()}, status_code=status, headers=headers
    )
