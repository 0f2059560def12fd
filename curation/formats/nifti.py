"""NIfTI and Analyze images: header texts, extensions, gzip names, what trails, and the face."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from curation.faces.head import is_head, modality_in
from curation.formats import Unsafe
from curation.formats.file import File
from curation.formats.nifti_extensions import inspect_extension, kept, look_at_bytes
from curation.formats.paths import patient_of
from curation.nifti.extensions import pack
from curation.nifti.extensions import parse as extensions_in
from curation.nifti.header import Header, is_header, read_head
from curation.nifti.stream import Stream, writing
from curation.phi.pseudonym import is_pseudonym
from curation.phi.span import Kind, Style
from schemas.finding import Severity

if TYPE_CHECKING:
    from curation.faces.cut import Cut
    from curation.formats.act import Act
    from curation.formats.look import Look

RULE = "45 CFR 164.514(b)(2)(i)"
_IMAGE = (".nii", ".nii.gz")
_HEADER = (".hdr", ".hdr.gz")
_VOXELS = (".img", ".img.gz")
_TRAIL = 1 << 20
_TIME = re.compile(r";?\bTime=[\d.]{1,20}")

# How each text is read; all others are prose.
_STYLES = {
    "scannum": Style.TECHNICAL,
    "exp_date": Style.PHRASE,
    "exp_time": Style.TECHNICAL,
    "data_type": Style.TECHNICAL,
    "intent_name": Style.TECHNICAL,
    "vox_units": Style.TECHNICAL,
    "cal_units": Style.TECHNICAL,
}


class Nifti:
    """`.nii`, `.nii.gz`, and pairs of `.hdr` and `.img`."""

    name = "NIfTI"
    rank = 20

    def takes(self, name: str, head: bytes) -> bool:
        """Whether a file of this name that begins with these bytes is one, or was meant to be."""
        low = name.lower()
        if low.endswith(_IMAGE) or head[344:348] == b"n+1\0" or head[4:8] == b"n+2\0":
            return True
        if low.endswith(_HEADER):
            return is_header(head) or low.endswith(".gz")
        return low.endswith(_VOXELS)

    def inspect(self, file: File, look: Look) -> None:
        """Report texts of header, extensions, wrapper and trailing bytes, and the face."""
        look.patient = patient_of(file.name) or look.patient
        with _readable(), Stream(file.path) as stream:
            if _is_voxels(file):
                header = _partner(file.path)
                stream.skip(header.offset)
            else:
                header, block = read_head(stream)
                _look_at_texts(header, look)
                for number, extension in enumerate(extensions_in(block, header.order)):
                    inspect_extension(extension, number, file, look)
            if header.single or _is_voxels(file):
                end = stream.at + header.voxel_bytes
                _look_at_face(header, stream, file, look)
                stream.skip(end - stream.at)
            trail = stream.read(_TRAIL)
            while stream.read(_TRAIL):
                pass  # a damaged stream shows only where it is read
            look_at_bytes(trail + stream.behind, "padding", look)
            for where, data in stream.names:
                look.text(data.decode("utf-8", "replace"), where, Style.PATH, rule=RULE)

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """The patient of an Analyze header; NIfTI has no field for an identity."""
        if _is_voxels(file):
            return
        with _readable(), Stream(file.path) as stream:
            header, _ = read_head(stream)
        identity = header.texts().get("patient_id")
        if identity and not is_pseudonym(identity, Style.IDENTIFIER):
            yield patient_of(file.name) or identity, Kind.ID, identity

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write the voxels under a cleaned header, without names; the face as the profile has it.

        Without a cut, every voxel is what it was, byte by byte.
        """
        cut = _cut_for(file, act)
        patient = patient_of(file.name)
        with (
            _readable(),
            Stream(file.path) as stream,
            writing(target, compressed=stream.compressed) as out,
        ):
            if _is_voxels(file):
                header = _partner(file.path)
                stream.skip(header.offset)
                out.write(bytes(header.offset))
            else:
                header, block = read_head(stream)
                extensions = list(kept(extensions_in(block, header.order), act, patient))
                between = b"" if header.kind == "analyze" else pack(extensions, header.order)
                offset = len(header.raw) + len(between) if header.single else header.offset
                out.write(header.with_texts(_cleaned(header, act, patient), offset) + between)
                if not header.single:
                    return
            if cut is None:
                for chunk in stream.chunks(header.voxel_bytes):
                    out.write(chunk)
                return
            from curation.faces.deface import without_face

            for plane in without_face(header, stream, cut):
                out.write(plane)


FORMAT = Nifti()


def _is_voxels(file: File) -> bool:
    return file.name.lower().endswith(_VOXELS)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (EOFError, ValueError) as error:
        raise Unsafe(f"A NIfTI image cannot be read: {error}") from None


def _partner(path: Path) -> Header:
    """The header beside voxels. Raises ValueError where there is none."""
    low = path.name.lower()
    stem = next(path.name[: -len(end)] for end in _VOXELS if low.endswith(end))
    ends = (*_HEADER, *(end.upper() for end in _HEADER))
    there = next((p for end in ends if (p := path.with_name(stem + end)).is_file()), None)
    if there is None:
        raise ValueError("its header is not beside it")
    with Stream(there) as stream:
        header, _ = read_head(stream)
    if header.single:
        raise ValueError("the header beside it has voxels of its own")
    return header


def _look_at_texts(header: Header, look: Look) -> None:
    for field, text in header.texts().items():
        if field != "patient_id":
            look.text(text, field, _STYLES.get(field, Style.PROSE), rule=RULE)
        elif not is_pseudonym(text, Style.IDENTIFIER):
            look.identity(Kind.ID, text)
            message = "An identifier that is no pseudonym is there; replace it"
            look.found(
                "identity-field", Severity.ERROR, field, RULE, message, kind=Kind.ID, value=text
            )


def _look_at_face(header: Header, stream: Stream, file: File, look: Look) -> None:
    """Judge the face of what may be a head; the stream stands at the first voxel."""
    if not look.faces or is_head(file.name) is False:
        return
    from curation.faces.evidence import Face, face
    from curation.faces.nifti_volume import planes
    from curation.faces.planes import Unusable, sample
    from curation.faces.series import finding, judged

    try:
        seen = face(sample(planes(header, stream)), modality_in(file.name))
    except Unusable as error:
        seen = Face("unknown", str(error), {})
    told = judged(seen, file.name)
    if told is not None:
        severity, message = told
        look.emit(finding(severity, file.name, message))


def _cut_for(file: File, act: Act) -> Cut | None:
    """Where the face is to be cut, if the profile asks for it and there is one.

    Raises Unsafe where what is left would still look like a face.
    """
    name = file.name
    if not act.profile.clean_faces or is_head(name) is False:
        return None
    if not (_is_voxels(file) or name.lower().endswith(_IMAGE)):
        return None
    from curation.faces.cut import after, cut_of
    from curation.faces.evidence import face
    from curation.faces.nifti_volume import planes
    from curation.faces.planes import Unusable, sample
    from curation.faces.series import judged

    modality = modality_in(name)
    try:
        with _readable(), Stream(file.path) as stream:
            if _is_voxels(file):
                header = _partner(file.path)
                stream.skip(header.offset)
            else:
                header, _ = read_head(stream)
            volume = sample(planes(header, stream))
        seen = face(volume, modality)
        if judged(seen, name) is None:
            return None
        cut = cut_of(volume, modality)
    except Unusable:
        return None
    if face(after(volume, cut), modality).region == "present":
        raise Unsafe("The face in it could not be cut")
    act.done["face cut"] += 1
    return cut


def _cleaned(header: Header, act: Act, patient: str | None) -> dict[str, str]:
    clean = {}
    for field, text in header.texts().items():
        style = _STYLES.get(field, Style.PROSE)
        if field == "patient_id":
            clean[field] = act.patient(text)
        elif field in ("exp_date", "exp_time"):
            act.done["text removed"] += 1
        elif style is Style.TECHNICAL or act.profile.text == "clean":
            if act.profile.dates in ("remove", "year"):
                text = _TIME.sub("", text)
            clean[field] = act.text(text, style, patient)
        else:
            act.done["text removed"] += 1
    return clean
