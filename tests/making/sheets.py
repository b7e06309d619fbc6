"""Small drafts that tests speak of."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

from portal.making.sheet import Json, Sheet, empty, new_key

# Definitions at random take a while to draw, on a busy machine too long for the usual patience.
patient = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
OFTEN = [
    {"code": "never", "label": "Never", "weight": 0},
    {"code": "often", "label": "Often", "weight": 2},
]


def item(link_id: str, kind: str = "short-text", **more: Any) -> Json:
    why = {} if kind in {"note", "section"} else {"why": "because a test asks it, and for nothing else."}
    options = {"options": [dict(each) for each in OFTEN]} if kind in {"one-of", "several-of"} else {}
    return {"link_id": link_id, "kind": kind, "text": f"About {link_id}?", **why, **options, **more}


def sheet(*items: Json, **more: Any) -> Sheet:
    made = empty("Evenings")
    for each in items:
        made["items"].append({**each, "key": new_key(made)})
    return {**made, **more}


def named(made: Sheet, link_id: str) -> Json:
    return next(each for each in made["items"] if each["link_id"] == link_id)
