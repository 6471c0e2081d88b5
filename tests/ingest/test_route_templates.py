"""Routes as frameworks write them are routes as we write them."""

from __future__ import annotations

import pytest

from miner.ingest.route_templates import LONGEST, route_of


@pytest.mark.parametrize(
    ("template", "target", "route"),
    [
        ("/users/:id", "/users/7?x=1", "/users/{id}"),
        ("/users/:id(\\d+)", "/users/7", "/users/{id}"),
        ("/users/:id{[0-9]+}", "/users/7", "/users/{id}"),
        ("/users/:id?", "/users/7", "/users/{id}"),
        ("/users/:id?", "/users", None),
        ("/users/<int:user_id>", "/users/7/", "/users/{user_id}"),
        ("^users/(?P<pk>\\d+)/$", "/users/7/", "/users/{pk}"),
        ("/users/([0-9]+)", "/users/7", "/users/{id}"),
        ("/users/:id(.:format)", "/users/7", "/users/{id}"),
        ("api/Users/{id:int}", "/api/users/7", "/api/Users/{id}"),
        ("/users/{id:[0-9]{3}}", "/users/007", "/users/{id}"),
        ("GET /users/{id}", "/users/7", "/users/{id}"),
        ("/users/[id]", "/users/7", "/users/{id}"),
        ("/users/*/posts", "/users/7/posts", "/users/{id}/posts"),
        ("/users/{id}/posts/{id}", "/users/7/posts/8", "/users/{id}/posts/{id_2}"),
        ("/flights/:from-:to", "/flights/ber-fra", "/flights/{from_to}"),
        ("/", "/", "/"),
        ("/", "/users", None),
        ("/users/{id}", "/api/users/7", None),
        *((template, "/static/a", None) for template in ("/static/*", "/static/*path", "/static/{path...}")),
        *((template, "/static/a", None) for template in ("/static/**", "/static/{path:path}", "/*", "*")),
        *((template, "/static/a", None) for template in ("/static/<path:p>", "/static/:path*", "/[...slug]")),
        ("{controller=Home}/{action=Index}/{id?}", "/users/show/7", None),
        ("/" * (LONGEST + 1), "/", None),
        (None, "/", None),
    ],
)
def test_routes_have_one_syntax(template: str | None, target: str, route: str | None) -> None:
    """A framework's route is written as ours are, or is none where it tells nothing or does not fit."""
    assert route_of(template, target) == route
