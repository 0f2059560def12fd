"""The action codes of PS3.15 section E.3, and the choice between those that a row offers."""

from __future__ import annotations

from functools import lru_cache

CODES = {
    "D": "replaced by a dummy value",
    "Z": "emptied",
    "X": "removed",
    "K": "kept",
    "C": "cleaned",
    "U": "UIDs replaced",
}
"""What each action does, in a word. On a sequence K, C and U keep its items and go through them."""

_CHOICE_BY_TYPE = {
    "1": "DUZX",
    "1C": "DUZX",
    "2": "ZDUX",
    "2C": "ZDUX",
    "3": "XZDU",
    None: "DUZX",
}
"""Which of the offered actions is taken first. Unknown: what is valid whatever the Type is."""


@lru_cache(1024)
def resolve(code: str, type_: str | None) -> str:
    """The one action that a code of Table E.1-1 means for an attribute of this Type.

    A choice such as X/Z/D is made as section E.3 has it: remove what is of Type 3, empty what is
    of Type 2, give a dummy to what is of Type 1. U* (keep a sequence and replace the UIDs in it)
    stands where items are needed. Where the table removes what an object must have, an attribute
    of Type 2 is emptied and one of Type 1 gets a dummy, so that the object stays valid; one of
    Type 1C or 2C is removed, as the condition is not known to hold.

    Raises:
        ValueError: if the code or the Type is none that the standard knows.
    """
    offered = code.replace("*", "").split("/")
    if not set(offered) <= set(CODES):
        raise ValueError(f"{code!r} is not an action code of PS3.15 section E.3")
    if type_ not in _CHOICE_BY_TYPE:
        raise ValueError(f"{type_!r} is not a Type of PS3.5 section 7.4")
    if len(offered) > 1:
        chosen = next(action for action in _CHOICE_BY_TYPE[type_] if action in offered)
    else:
        [chosen] = offered
    if type_ == "1" and chosen in "XZ":
        return "D"
    if type_ == "2" and chosen == "X":
        return "Z"
    if type_ == "1C" and chosen == "Z":
        return "D"
    return chosen
