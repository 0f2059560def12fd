"""Options that several commands share, made from the facets themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import typer

from catalog.facets import FacetSpec

JSON = typer.Option(False, "--json", help="Print JSON.")


def with_facets(specs: Iterable[FacetSpec]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command one repeatable option a facet; it receives them as the mapping `facets`.

    An empty value means "not stated".
    """
    chosen = tuple(specs)

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        def run(**values: Any) -> None:
            facets = {s.name: values.pop(s.name) for s in chosen}
            command(**values, facets={name: list(v) for name, v in facets.items() if v})

        own = inspect.signature(command, eval_str=True).parameters
        added = [
            inspect.Parameter(
                spec.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=typer.Option(
                    None,
                    spec.option,
                    metavar="VALUE",
                    help=f"{spec.label}; repeat for {'and' if spec.match == 'all' else 'or'}.",
                    rich_help_panel="Facets",
                ),
                annotation=list[str] | None,
            )
            for spec in chosen
        ]
        kept = [
            p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for n, p in own.items() if n != "facets"
        ]
        signature = inspect.Signature([*kept, *added])
        run.__signature__ = signature  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        return run

    return wrap
