"""NIfTI and Analyze images: every place that can hold a text is looked at, and cleaned."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from nibabel.nifti1 import Nifti1DicomExtension, Nifti1Extension

from curation.deidentify.mapping import Mapping
from curation.faces.nifti_volume import affine
from curation.formats import Unsafe, format_of
from curation.formats.act import Act
from curation.formats.file import File
from curation.formats.look import Look
from curation.formats.nifti import FORMAT
from curation.nifti.header import read_head
from curation.nifti.stream import Stream
from curation.phi.known import Known
from curation.profiles import load
from schemas.file_finding import FileFinding
from schemas.finding import Severity
from tests.curation.faces.phantoms import Phantom, write_nifti

_NAME = "Papadakis, Georgios 17.03.1954"
_RESEARCH, _HIPAA = load("research"), load("hipaa")


def small(dtype: str = "i2", shape: tuple[int, ...] = (4, 5, 6)) -> nib.Nifti1Image:
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    return nib.Nifti1Image(values, np.diag([2.0, 3.0, 4.0, 1.0]))


def saved(image: nib.Nifti1Image, path: Path) -> Path:
    nib.save(image, path)
    return path


def found(path: Path, name: str = "") -> list[FileFinding]:
    told: list[FileFinding] = []
    file = File(path, name or path.name)
    look = Look(_RESEARCH, told.append, file=file)
    kind = format_of(file.name, file.head)
    assert kind is FORMAT
    kind.inspect(file, look)
    return told


def places(path: Path, name: str = "") -> set[str | None]:
    return {f.where for f in found(path, name) if f.severity is not Severity.INFO}


def cleaned(path: Path, target: Path, name: str = "", profile: str = "research") -> Act:
    act = Act(load(profile), Mapping(b"k" * 32), Known())
    FORMAT.deidentify(File(path, name or path.name), target, act)
    return act


@pytest.mark.parametrize("field", ["descrip", "db_name", "aux_file", "intent_name"])
def test_a_name_in_a_header_field_is_found_there(field: str, tmp_path: Path) -> None:
    image = small()
    image.header[field] = b"SMITH^JOHN"
    path = saved(image, tmp_path / "a.nii")
    assert places(path) == {field}
    assert "SMITH" not in repr(found(path))


def test_what_stands_behind_the_end_of_a_text_is_found(tmp_path: Path) -> None:
    path = saved(small(), tmp_path / "a.nii")
    raw = bytearray(path.read_bytes())
    raw[148:228] = (b"FSL5.0\0" + _NAME.encode()).ljust(80, b"\0")
    path.write_bytes(raw)
    assert places(path) == {"descrip"}


@pytest.mark.parametrize(
    "text", [b"FSL5.0", b"spm - 3D normalized", b"6.0.5:9e026117", b"TE=3.4;sec=12.5;name=T1", b""]
)
def test_what_programs_write_is_no_finding(text: bytes, tmp_path: Path) -> None:
    image = small()
    image.header["descrip"] = text
    assert places(saved(image, tmp_path / "a.nii.gz")) == set()


def _extension(kind: str) -> Nifti1Extension:
    if kind == "comment":
        return Nifti1Extension(6, b"Scan of Mr. John Smith, tel. 555-123-4567")
    if kind == "dicom":
        dataset = pydicom.Dataset()
        dataset.PatientName, dataset.PatientID = "Smith^John", "MRN0012345"
        return Nifti1DicomExtension(2, dataset)
    if kind == "xml":
        text = b'<AFNI_atr atr_name="HISTORY_NOTE">[jsmith@mgh.example.edu: 3dcopy]</AFNI_atr>'
        return Nifti1Extension(4, text)
    if kind == "json":
        return Nifti1Extension(44, b'{"PatientName": "Smith^John", "EchoTime": 0.03}')
    return Nifti1Extension(99, b"\x01\x02\xff" + b"Smith^John" + b"\xfe\x00\x00")


@pytest.mark.parametrize("kind", ["comment", "dicom", "xml", "json", "bytes"])
def test_an_extension_is_read_as_what_it_is(kind: str, tmp_path: Path) -> None:
    image = small()
    image.header.extensions.append(Nifti1Extension(6, b"reviewed"))
    image.header.extensions.append(_extension(kind))
    path = saved(image, tmp_path / "a.nii")
    assert places(path) == {"extension[1]"}
    cleaned(path, tmp_path / "b.nii")
    left = nib.load(tmp_path / "b.nii")
    assert places(tmp_path / "b.nii") == set()
    assert next(e.get_content() for e in left.header.extensions) == b"reviewed"
    assert np.array_equal(np.asarray(left.dataobj), np.asarray(image.dataobj))


def test_what_trails_the_voxels_and_the_gzip_name_are_found_and_gone(tmp_path: Path) -> None:
    raw = saved(small(), tmp_path / "a.nii").read_bytes()
    path = tmp_path / "a.nii.gz"
    with path.open("wb") as file:
        with gzip.GzipFile("SMITH_JOHN_19540317.nii", "wb", fileobj=file) as wrapped:
            wrapped.write(raw + b"JOHN SMITH, born 1954-03-17")
        file.write(b"MRN: 00123456 Papadakis^Georgios")
    assert places(path) == {"padding", "gzip.name"}
    cleaned(path, tmp_path / "b.nii.gz")
    assert places(tmp_path / "b.nii.gz") == set()
    assert gzip.decompress((tmp_path / "b.nii.gz").read_bytes()) == raw
    assert b"SMITH" not in (tmp_path / "b.nii.gz").read_bytes()


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8", "c8", "u4"])
def test_voxels_are_the_same_bytes(dtype: str, tmp_path: Path) -> None:
    image = small(dtype, (3, 4, 5, 2))
    image.header["descrip"] = _NAME.encode()
    image.header.extensions.append(_extension("dicom"))
    path = saved(image, tmp_path / "a.nii.gz")
    act = cleaned(path, tmp_path / "b.nii.gz")
    left = nib.load(tmp_path / "b.nii.gz")
    assert np.array_equal(np.asarray(left.dataobj), np.asarray(image.dataobj))
    assert np.array_equal(left.affine, image.affine)
    assert act.done["extension removed"] == 1
    assert cleaned(path, tmp_path / "c.nii.gz").done == act.done
    assert (tmp_path / "c.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_nifti_2_is_read_and_written(tmp_path: Path) -> None:
    image = nib.Nifti2Image(np.arange(60, dtype="i2").reshape(3, 4, 5), np.eye(4))
    image.header["descrip"] = _NAME.encode()
    path = saved(image, tmp_path / "a.nii")
    assert places(path) == {"descrip"}
    cleaned(path, tmp_path / "b.nii")
    assert places(tmp_path / "b.nii") == set()
    assert np.array_equal(np.asarray(nib.load(tmp_path / "b.nii").dataobj), image.dataobj)


def test_a_big_endian_image_stays_one(tmp_path: Path) -> None:
    image = nib.Nifti1Image(
        np.arange(60, dtype=">i2").reshape(3, 4, 5), np.eye(4), nib.Nifti1Header(endianness=">")
    )
    image.header["descrip"] = _NAME.encode()
    path = saved(image, tmp_path / "a.nii")
    assert places(path) == {"descrip"}
    cleaned(path, tmp_path / "b.nii")
    left = nib.load(tmp_path / "b.nii")
    assert left.header.endianness == ">"
    assert np.array_equal(np.asarray(left.dataobj), image.dataobj)


def test_an_analyze_header_has_a_patient(tmp_path: Path) -> None:
    image = nib.AnalyzeImage(np.zeros((3, 4, 5), "i2"), np.eye(4))
    nib.save(image, tmp_path / "a.img")
    raw = bytearray((tmp_path / "a.hdr").read_bytes())
    raw[283:293] = b"MRN0012345"
    (tmp_path / "a.hdr").write_bytes(raw)
    header, voxels = tmp_path / "a.hdr", tmp_path / "a.img"
    assert places(header) == {"patient_id"}
    assert [entry[2] for entry in FORMAT.identities(File(header, "a.hdr"))] == ["MRN0012345"]
    (tmp_path / "b").mkdir()
    cleaned(header, tmp_path / "b" / "a.hdr")
    cleaned(voxels, tmp_path / "b" / "a.img")
    assert places(tmp_path / "b" / "a.hdr") == set()
    assert (tmp_path / "b" / "a.img").read_bytes() == voxels.read_bytes()
    left = nib.AnalyzeImage.from_filename(tmp_path / "b" / "a.img")
    assert left.shape == (3, 4, 5)


def test_a_pair_keeps_its_two_files(tmp_path: Path) -> None:
    image = nib.Nifti1Pair(np.arange(60, dtype="i2").reshape(3, 4, 5), np.eye(4))
    image.header["aux_file"] = b"SMITH^JOHN"
    nib.save(image, tmp_path / "a.img")
    voxels = tmp_path / "a.img"
    voxels.write_bytes(voxels.read_bytes() + b"Papadakis, Georgios, born 17.03.1954")
    assert places(tmp_path / "a.hdr") == {"aux_file"}
    assert places(voxels) == {"padding"}
    (tmp_path / "b").mkdir()
    for name in ("a.hdr", "a.img"):
        cleaned(tmp_path / name, tmp_path / "b" / name)
        assert places(tmp_path / "b" / name) == set()
    left = nib.load(tmp_path / "b" / "a.img")
    assert np.array_equal(np.asarray(left.dataobj), image.dataobj)


def test_voxels_without_their_header_are_not_safe(tmp_path: Path) -> None:
    (tmp_path / "a.img").write_bytes(bytes(100))
    with pytest.raises(Unsafe, match="its header is not beside it"):
        found(tmp_path / "a.img")


def _damaged(how: str, raw: bytes) -> bytes:
    packed = gzip.compress(raw)
    if how == "short gzip":
        return packed[:-20]
    if how == "broken gzip":
        return packed[:20] + b"\x55" * 20 + packed[40:]
    if how == "wrong checksum":
        return packed[:-8] + b"\0\0\0\0" + packed[-4:]
    edited = bytearray(raw)
    if how == "huge dimensions":
        struct.pack_into("<8h", edited, 40, 7, *[32767] * 7)
    elif how == "no dimensions":
        struct.pack_into("<h", edited, 40, 0)
    elif how == "negative dimension":
        struct.pack_into("<h", edited, 42, -3)
    elif how == "voxels in the header":
        struct.pack_into("<f", edited, 108, 100.0)
    elif how == "voxels nowhere":
        struct.pack_into("<f", edited, 108, float("nan"))
    elif how == "unknown voxels":
        struct.pack_into("<h", edited, 72, 17)
    elif how == "no header":
        edited[:4] = b"\0\0\0\0"
    elif how == "cut":
        del edited[-10:]
    elif how == "only a header":
        del edited[348:]
    elif how == "half a header":
        del edited[100:]
    return bytes(edited)


@pytest.mark.parametrize(
    "how",
    [
        "short gzip", "broken gzip", "wrong checksum", "huge dimensions", "no dimensions",
        "negative dimension", "voxels in the header", "voxels nowhere", "unknown voxels",
        "no header", "cut", "only a header", "half a header",
    ],
)  # fmt: skip
def test_a_damaged_image_is_not_safe_and_says_why(how: str, tmp_path: Path) -> None:
    raw = saved(small(), tmp_path / "a.nii").read_bytes()
    path = tmp_path / "b.nii"
    path.write_bytes(_damaged(how, raw))
    with pytest.raises(Unsafe, match="cannot be read"):
        FORMAT.inspect(File(path, path.name), Look(_RESEARCH, [].append, file=File(path, "b.nii")))
    with pytest.raises(Unsafe, match="cannot be read"):
        cleaned(path, tmp_path / "c.nii")


def test_an_extension_of_false_length_is_looked_at_and_dropped(tmp_path: Path) -> None:
    image = small()
    image.header.extensions.append(Nifti1Extension(6, b"by Mr. John Smith, MRN 00123456"))
    path = saved(image, tmp_path / "a.nii")
    raw = bytearray(path.read_bytes())
    struct.pack_into("<i", raw, 352, 1 << 30)
    path.write_bytes(raw)
    assert places(path) == {"padding"}
    cleaned(path, tmp_path / "b.nii")
    assert b"Smith" not in (tmp_path / "b.nii").read_bytes()


def test_a_bomb_behind_the_voxels_is_read_in_pieces(tmp_path: Path) -> None:
    raw = saved(small(), tmp_path / "a.nii").read_bytes()
    packer = zlib.compressobj(9, wbits=31)
    path = tmp_path / "b.nii.gz"
    with path.open("wb") as file:
        file.write(packer.compress(raw))
        for _ in range(64):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())
    with Stream(path) as stream:
        header, _ = read_head(stream)
        assert max(map(len, stream.chunks(header.voxel_bytes + (32 << 20)))) <= 1 << 18
    cleaned(path, tmp_path / "c.nii.gz")
    assert gzip.decompress((tmp_path / "c.nii.gz").read_bytes()) == raw


@pytest.mark.parametrize("code", ["sform", "qform", "none"])
def test_an_image_lies_where_nibabel_says(code: str, tmp_path: Path) -> None:
    turned = nib.eulerangles.euler2mat(0.3, -0.4, 0.5) @ np.diag([-2.0, 3.0, 1.5])
    matrix = nib.affines.from_matvec(turned, [10, -20, 30])
    image = nib.Nifti1Image(np.zeros((3, 4, 5), "i2"), matrix)
    image.set_sform(matrix, code=1 if code == "sform" else 0)
    image.set_qform(matrix, code=0 if code == "none" else 1)
    path = saved(image, tmp_path / "a.nii")
    with Stream(path) as stream:
        header, _ = read_head(stream)
    place = affine(header)
    if code == "none":
        assert np.allclose(np.diag(place)[:3], [2.0, 3.0, 1.5])
    else:
        assert np.allclose(place, matrix, atol=1e-4)


def test_a_head_with_its_face_is_a_warning_and_the_profile_may_cut_it(tmp_path: Path) -> None:
    path = write_nifti(Phantom(axes="LPS"), tmp_path / "sub-01_T1w.nii.gz")
    (told,) = found(path)
    assert (told.check, told.severity, told.where) == ("face-region", Severity.WARNING, "pixel")
    cleaned(path, tmp_path / "kept.nii.gz", path.name)
    assert np.array_equal(
        *(np.asarray(nib.load(p).dataobj) for p in (path, tmp_path / "kept.nii.gz"))
    )
    act = cleaned(path, tmp_path / "cut.nii.gz", path.name, "hipaa")
    assert act.done["face cut"] == 1
    assert found(tmp_path / "cut.nii.gz", path.name) == []


def test_a_defaced_head_and_a_mask_are_clean(tmp_path: Path) -> None:
    path = write_nifti(Phantom(cut="plane"), tmp_path / "sub-01_T1w.nii.gz")
    assert found(path) == []
    path = write_nifti(Phantom(), tmp_path / "sub-01_desc-brain_mask.nii.gz")
    assert found(path) == []


def test_the_times_that_converters_note_go_with_the_dates(tmp_path: Path) -> None:
    image = small()
    image.header["descrip"] = b"TE=35;Time=123456.000;phase=1"
    path = saved(image, tmp_path / "a.nii")
    act = Act(_HIPAA, Mapping(b"k" * 32), Known())
    FORMAT.deidentify(File(path, "a.nii"), tmp_path / "b.nii", act)
    assert b"123456" not in bytes(nib.load(tmp_path / "b.nii").header["descrip"])


def test_the_header_alone_tells_the_format() -> None:
    raw = io.BytesIO()
    small().header.write_to(raw)
    assert FORMAT.takes("noname", raw.getvalue())
    assert FORMAT.takes("x.NII.GZ", b"")
    assert FORMAT.takes("x.hdr", raw.getvalue())
    assert not FORMAT.takes("x.hdr", b"ENVI\nsamples = 3")
    assert not FORMAT.takes("x.png", b"\x89PNG")
