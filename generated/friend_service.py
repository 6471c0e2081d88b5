"""The traffic of friend_service as a load test: 4 user paths over 8 endpoints.

Measured from friend-service.log, 2026-03-02 to 2026-03-15: 5,063 sessions of 22,263 requests. Visitors
are told apart by user; a silence of 2000 s ends a session; the clock of the log ticks every 1 s.

What could not be known:
- What people wrote in bodies: made up from the OpenAPI document (28.2% of requests).

Look at these before you run it against a service that matters:
- DELETE /friend-service/v1/friends/{user_id}/{friend_id} deletes (7.4% of requests).

How to read it: `search=(424, exponential(mean=5.0))` means that of 1,000 who are at a step 424 go on to
search, after a pause of 5 s on average. `pace` is how much visitors differ: the standard deviation of the
logarithm of the factor by which one pauses longer than another. Counts in comments are what was recorded.

Run it with Locust's web UI, or for ten minutes without:

    locust -f friend_service.py --host http://127.0.0.1:8000
    locust -f friend_service.py --host http://127.0.0.1:8000 --headless -u 50 -r 50 --session-run-time 600

A session takes about 36 s, and starts when it is due, whatever the service does. 50 users have time for
0.93 sessions a second, 222 times the 0.00419 that were recorded on average; --sessions-per-second sets
another rate, and one session a second takes 54 users. The end of the log says whether any started late. A
step that failed is no reason to leave: none is known. Other options: --arrivals and --mix change when
sessions start and on which paths, --speed 10 divides the pauses, --seed 7 gives the same sessions again
(but for names that have to be new), --test-users FILE.csv has a line for each user that may be used,
--max-rps is the ceiling of requests per second that are planned, and --allow-writes is needed to change
data on another machine; --help has them all. What to change where: figures in friend_service.toml, then
`mine generate`; logins, headers and checks in friend_service_hooks.py.
"""

from __future__ import annotations

from typing import ClassVar

from friend_service_hooks import Hooks
from friend_service_runtime import (
    UserPath,
    Visitor,
    exponential,
    gamma,
    identity,
    listed,
    lognormal,
    one_of,
    popular,
    shares,
    start,
    step,
    text,
)
from locust import FastHttpUser


class SearchUsersThenViewUser(UserPath):
    """45.9% of sessions (2,324): 4.4 requests in one on average, above all search_users 2.4 times,
    view_user 1.0 times and add_friend 0.7 times.
    """

    name = "search_users_then_view_user"
    session = (4.4, 36.38)  # requests and seconds, on average
    pace = 0.309
    enter = start(search_users=793, list_friends=207)
    search_users = step(
        view_user=(424, lognormal(median=6.77, sigma=0.8)),  # n = 2,401
        search_users=(342, lognormal(median=4.59, sigma=0.606)),  # n = 1,937
        add_friend=(103, lognormal(median=10.9, sigma=0.622)),  # n = 582
        leave=131,  # n = 742
    )
    view_user = step(
        add_friend=(453, gamma(shape=1.94, scale=7.34)),  # n = 1,087
        search_users=(330, lognormal(median=9.1, sigma=0.688)),  # n = 792
        leave=217,  # n = 522
    )
    add_friend = step(
        search_users=(405, gamma(shape=1.51, scale=11.7)),  # n = 676
        leave=595,  # n = 993
    )
    list_friends = step(
        search_users=(861, lognormal(median=6.21, sigma=0.668)),  # n = 414
        leave=139,  # n = 67
    )


class ListFriendRequestsThenAnswerFriendRequest(UserPath):
    """25.3% of sessions (1,282): 3.8 requests in one on average, above all answer_friend_request 1.9
    times, list_friend_requests 1.4 times and list_friends 0.4 times.
    """

    name = "list_friend_requests_then_answer_friend_request"
    session = (3.83, 23.17)  # requests and seconds, on average
    pace = 0.179
    enter = start(list_friend_requests=914, list_friends=86)
    answer_friend_request = step(
        answer_friend_request=(437, gamma(shape=1.93, scale=1.85)),  # n = 1,065
        list_friend_requests=(168, exponential(mean=20.8)),  # n = 409
        list_friends=(141, lognormal(median=4.94, sigma=0.517)),  # n = 344
        leave=254,  # n = 620
    )
    list_friend_requests = step(
        answer_friend_request=(660, gamma(shape=2.42, scale=2.94)),  # n = 1,173
        view_user=(130, exponential(mean=8.2)),  # n = 232
        leave=210,  # n = 374
    )
    list_friends = step(
        list_friend_requests=(436, exponential(mean=8.99)),  # n = 198
        leave=564,  # n = 256
    )
    view_user = step(
        answer_friend_request=(862, exponential(mean=14.6)),  # n = 200
        leave=138,  # n = 32
    )


class CreateUserThenAddFriend(UserPath):
    """18.9% of sessions (957): 4.7 requests in one on average, above all search_users 1.9 times,
    add_friend 1.2 times and create_user 1.1 times.
    """

    name = "create_user_then_add_friend"
    session = (4.7, 45.15)  # requests and seconds, on average
    pace = 0.219
    enter = start(create_user=1000)
    search_users = step(
        add_friend=(623, gamma(shape=3.04, scale=3.84)),  # n = 1,145
        search_users=(173, lognormal(median=5.86, sigma=0.65)),  # n = 318
        leave=204,  # n = 374
    )
    add_friend = step(
        search_users=(450, lognormal(median=7.74, sigma=0.576)),  # n = 515
        list_friends=(171, lognormal(median=3.79, sigma=0.51)),  # n = 196
        list_friend_requests=(138, exponential(mean=12.6)),  # n = 158
        leave=241,  # n = 276
    )
    create_user = step(
        search_users=(685, lognormal(median=15.8, sigma=0.726)),  # n = 706
        list_friend_requests=(127, lognormal(median=4.61, sigma=0.522)),  # n = 131
        create_user=(72, lognormal(median=13.2, sigma=0.451)),  # n = 74
        leave=116,  # n = 120
    )
    list_friend_requests = step(
        search_users=(637, lognormal(median=7.11, sigma=0.609)),  # n = 184
        leave=363,  # n = 105
    )
    list_friends = step(
        search_users=(582, gamma(shape=2.79, scale=3.44)),  # n = 114
        leave=418,  # n = 82
    )


class RemoveFriend(UserPath):
    """9.9% of sessions (500): 5.3 requests in one on average, above all remove_friend 3.3 times,
    list_friends 1.8 times and view_user 0.2 times.
    """

    name = "remove_friend"
    session = (5.3, 48.1)  # requests and seconds, on average
    enter = start(list_friends=1000)
    remove_friend = step(
        remove_friend=(558, gamma(shape=1.87, scale=3.21)),  # n = 919
        list_friends=(220, lognormal(median=14.5, sigma=0.624)),  # n = 362
        leave=222,  # n = 366
    )
    list_friends = step(
        remove_friend=(738, gamma(shape=2.28, scale=5.66)),  # n = 655
        view_user=(128, exponential(mean=10.9)),  # n = 114
        leave=134,  # n = 119
    )
    view_user = step(
        remove_friend=(640, exponential(mean=29.5)),  # n = 73
        list_friends=(228, gamma(shape=1.4, scale=7.97)),  # n = 26
        leave=132,  # n = 15
    )


class FriendService(Visitor, FastHttpUser):
    """What visitors ask for; each session is a new one, who takes one of the paths."""

    hooks = Hooks()
    tasks = shares(
        (SearchUsersThenViewUser, 459),  # n = 2,324
        (ListFriendRequestsThenAnswerFriendRequest, 253),  # n = 1,282
        (CreateUserThenAddFriend, 189),  # n = 957
        (RemoveFriend, 99),  # n = 500
    )
    headers: ClassVar = {"X-User-Id": identity(2, 5955)}
    sessions_per_second = 0.004188  # as recorded, on average
    before_noon = (0.37, 0.27, 0.13, 0.1, 0.18, 0.35, 0.6, 0.87, 1.11, 1.33, 1.2, 1.17)  # by hour, UTC
    after_noon = (1.14, 1.17, 1.22, 1.29, 1.46, 1.65, 1.74, 1.73, 1.98, 1.4, 0.92, 0.62)
    gap = 2000.0  # seconds of silence that end a session
    nobody = 2000000000  # an id that does not exist
    writes = True  # so another host than this machine takes --allow-writes

    def search_users(self) -> None:
        """7,499 requests; answered 200 (97.0%) and 422 (3.0%)."""
        self.send(
            "GET /friend-service/v1/users",
            query={"username": text("abcdefghijklmnoprstuvy", 2, 2, 3, 3, 3, 4, 4, 4, 5, 8, 8)},
            errors={422: 0.0303},
        )

    def add_friend(self) -> None:
        """2,814 requests; answered 201 (91.4%), 404 (3.1%) and 409 (5.4%)."""
        self.send(
            "POST /friend-service/v1/friends",
            body={"userId": identity(2, 5955), "friendId": popular(1, 5137)},
            errors={404: 0.0313, 409: 0.0544},
            unknown="friendId",
        )

    def view_user(self) -> None:
        """2,747 requests; answered 200 (97.0%) and 404 (3.0%)."""
        self.send(
            "GET /friend-service/v1/users/{user_id}",
            params={
                "user_id": popular(1, 4999),  # n = 2,665
            },
            errors={404: 0.0299},
            unknown="user_id",
        )

    def answer_friend_request(self) -> None:
        """2,438 requests; answered 200 (95.9%) and 404 (4.1%)."""
        self.send(
            "PUT /friend-service/v1/friend-requests/{request_id}",
            params={
                "request_id": listed("GET /friend-service/v1/users/{user_id}/friend-requests", "requestId"),
            },
            body={"status": one_of(("accepted", 0.5), ("declined", 0.5))},
            errors={404: 0.0414},
            unknown="request_id",
        )

    def list_friend_requests(self) -> None:
        """2,068 requests; answered 200."""
        self.send(
            "GET /friend-service/v1/users/{user_id}/friend-requests",
            params={"user_id": identity(2, 5955)},
            shows=["requestId"],
        )

    def list_friends(self) -> None:
        """2,019 requests; answered 200."""
        self.send(
            "GET /friend-service/v1/users/{user_id}/friends",
            params={"user_id": identity(2, 5955)},
            shows=["friendId"],
        )

    def remove_friend(self) -> None:
        """1,647 requests; answered 204 (95.6%) and 404 (4.4%)."""
        self.send(
            "DELETE /friend-service/v1/friends/{user_id}/{friend_id}",
            params={
                "user_id": identity(2, 5955),
                "friend_id": listed("GET /friend-service/v1/users/{user_id}/friends", "friendId"),
            },
            errors={404: 0.0437},
            unknown="friend_id",
        )

    def create_user(self) -> None:
        """1,031 requests; answered 201 (92.6%) and 409 (7.4%)."""
        self.send(
            "POST /friend-service/v1/users",
            body={"username": text("abcdefghijklmnopqrstuvwxyz", 8, 9, 10, 11, 12)},
            errors={409: 0.0737},
            without=["X-User-Id"],
            identifies="userId",
        )


# Written by mine (checksum bdbf1ea845e6ac25). Code of yours goes into the hooks beside it.
