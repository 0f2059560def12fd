"""De-identifies a folder with one other tool: `python peers_deid.py NAME IN OUT`; says its version.

Run with the Python of an environment that has dicom-anonymizer, deid and dicognito; it needs
nothing of ours. gdcmanon and dcmodify are Debian's (libgdcm-tools, dcmtk), openssl makes the
certificate that gdcmanon asks for. Each runs with its defaults and writes the same relative paths.
"""

from __future__ import annotations

import csv
import logging
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

_DATES = (
    "(0008,0012) (0008,0020) (0008,0021) (0008,0022) (0008,0023) (0008,002a) (0010,0030) "
    "(0070,0082)"
).split()
_AT_ONCE = 200


def _files(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """Each file that is named as DICOM, and where its copy goes."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and (path.suffix == ".dcm" or path.parent.name == "IMAGES"):
            out = target / path.relative_to(source)
            out.parent.mkdir(parents=True, exist_ok=True)
            yield path, out


def copied(source: Path, target: Path) -> str:
    """Copy everything: nothing is removed."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    return "cp -r"


def nothing(source: Path, target: Path) -> str:  # noqa: ARG001
    """Write nothing: nothing is kept."""
    target.mkdir(exist_ok=True)
    return "writes nothing"


def dicom_anonymizer(source: Path, target: Path) -> str:
    """dicom-anonymizer, its default rules."""
    from dicomanonymizer import anonymize_dicom_file

    for path, out in _files(source, target):
        with suppress(Exception):  # a file that it cannot do is one that it does not write
            anonymize_dicom_file(str(path), str(out))
    return f"dicom-anonymizer {version('dicom_anonymizer')}"


def deid(source: Path, target: Path) -> str:
    """deid, its default recipe."""
    from deid.dicom import get_identifiers, replace_identifiers

    for path, out in _files(source, target):
        with suppress(Exception, SystemExit):
            found = get_identifiers([str(path)])
            clean = replace_identifiers(dicom_files=[str(path)], ids=found, save=False)
            clean[0].save_as(str(out))
    return f"deid {version('deid')}"


def dicognito(source: Path, target: Path) -> str:
    """dicognito, with a seed."""
    import pydicom
    from dicognito.anonymizer import Anonymizer

    anonymizer = Anonymizer(seed="bench")
    for path, out in _files(source, target):
        with suppress(Exception):
            ds = pydicom.dcmread(path)
            anonymizer.anonymize(ds)
            ds.save_as(str(out))
    return f"dicognito {version('dicognito')}"


def gdcmanon(source: Path, target: Path) -> str:
    """gdcmanon -e: the Basic Profile of its day."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = (str(Path(folder) / name) for name in ("key.pem", "cert.pem"))
        _run(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench",
            "-keyout", key, "-out", certificate,
        )  # fmt: skip
        target.mkdir(exist_ok=True)
        words = ("-c", certificate, "-e", "-r", "--continue", "-i", str(source), "-o", str(target))
        _run("gdcmanon", *words)
    said = subprocess.run(["gdcmanon", "--version"], capture_output=True, text=True, check=False)
    return " ".join(said.stdout.split()[:3]).replace(":", "")


def dcmodify(source: Path, target: Path) -> str:
    """A script of dcmodify: what Table E.1-1 lists is erased or emptied, UIDs are made anew."""
    table = Path(__file__).parents[1] / "corpus" / "attributes.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    changes = [word for tag in _DATES for word in ("-m", f"{tag}=19000101")]
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        tag = f"({row['tag'][:4]},{row['tag'][4:]})".lower()
        if row["basic"] == "X" or row["vr"] == "SQ":
            changes += ["-ea", tag]
        else:
            changes += ["-m", f"{tag}=" + ("ANON" if "D" in row["basic"] else "")]
    pairs = list(_files(source, target))
    for path, out in pairs:
        shutil.copyfile(path, out)
    options = ["-nb", "-imt", "-ie", "-ep", "-gst", "-gse", "-gin", *changes]
    for start in range(0, len(pairs), _AT_ONCE):
        _run("dcmodify", *options, *(str(out) for _, out in pairs[start : start + _AT_ONCE]))
    said = subprocess.run(["dcmodify", "--version"], capture_output=True, text=True, check=False)
    return " ".join(said.stdout.split()[1:4])


def _run(*words: str) -> None:
    subprocess.run(words, capture_output=True, check=False)


PEERS: dict[str, Callable[[Path, Path], str]] = {
    "dicom-anonymizer": dicom_anonymizer, "deid": deid, "dicognito": dicognito,
    "gdcmanon": gdcmanon, "dcmodify": dcmodify, "copy": copied, "nothing": nothing,
}  # fmt: skip
PROGRAMS = {"gdcmanon": "gdcmanon", "dcmodify": "dcmodify"}
"""Peers that are programs of the system, by the program."""

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    print(PEERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3])))
