"""Whatever a decoder raises or remarks on, as the one error that says why a file is not safe."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from curation.formats import Unsafe


@contextmanager
def reasons(doing: str) -> Iterator[None]:
    """Errors inside become Unsafe, with their sort but not their words; remarks are not shown.

    What the system says (a file that cannot be opened) and a lack of memory pass through.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Unsafe, MemoryError):
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise Unsafe(f"{doing} ({type(error).__name__})") from error
    except Exception as error:
        raise Unsafe(f"{doing} ({type(error).__name__})") from error
