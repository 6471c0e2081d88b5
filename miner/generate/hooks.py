"""The hooks beside a scenario: written once, then they belong to those who edit them."""

from __future__ import annotations

from miner.workload import Workload

TEXT = '''\
"""What only people know of NAME: logins, tokens, what a good answer is.

`mine generate` wrote this once and leaves it alone: it is yours. What it does not override does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import NAME_runtime as runtime
from NAME_runtime import Sent, Visitor


class Hooks(runtime.Hooks):
    """One object of this class serves all visitors; what is of one session goes into `visitor.memory`."""

    def on_start(self, visitor: Visitor) -> None:
        """A session begins. Log in here, with credentials from the environment or from --test-users:

        answer = visitor.client.post("/login", json={"user": visitor.account["user"],
                                                     "password": os.environ["TEST_PASSWORD"]})
        visitor.memory["token"] = answer.json()["token"]
        """

    def identity(self, visitor: Visitor) -> Any:
        """Who the visitor is. None: the first column of --test-users, else an id of the recorded range."""

    def headers(self, visitor: Visitor) -> Mapping[str, str]:
        """What every request carries besides; left out where a 401 is wanted:

        return {"Authorization": f"Bearer {visitor.memory['token']}"}
        """
        return super().headers(visitor)

    def on_request(self, visitor: Visitor, endpoint: str, sent: Sent) -> None:
        """A request is about to be sent: `sent` has its params, query, headers and body. Change them."""

    def on_response(self, visitor: Visitor, endpoint: str, response: Any) -> None:
        """A request was answered. `response.failure("Not what it should be.")` makes it a failure."""
'''


def hooks(workload: Workload) -> str:
    """The text of `NAME_hooks.py`, which does nothing yet."""
    return TEXT.replace("NAME", workload.name)
