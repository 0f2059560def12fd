"""Independent clients that must agree with ours: run in an environment of their own.

They bring much with them (pandas, log settings of their own, a look at `~/.netrc`), so each is a
script here that prints JSON, run by another Python with an empty home.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

INTERPRETER = Path(__file__).parents[2] / ".venv" / "oracle" / "bin" / "python"
LIMIT = 240.0


def run(script: str, *arguments: str) -> Any:
    """What `tests/oracles/<script>.py` prints as its last line, which is JSON."""
    assert INTERPRETER.is_file(), f"{INTERPRETER} is missing: run `make test`"
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [str(INTERPRETER), str(Path(__file__).with_name(f"{script}.py")), *arguments],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": home, "PYTHONUTF8": "1"},
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
