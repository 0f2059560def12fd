"""What an emulated XNAT host holds: projects, subjects, sessions, scans and their files.

Names and shapes follow an XNAT 1.8 server; every value is made up, and the DICOM files are made
by pydicom when they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from io import BytesIO

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid


@dataclass
class Resource:
    """Files under one name. size, count: what the catalogue says, None if it never counted."""

    label: str
    files: list[str]
    count: int | None = None
    size: int | None = None


@dataclass
class Scan:
    """One scan; an empty value is one that nobody filled in."""

    id: str
    type: str = "T1"
    kind: str = "xnat:mrScanData"
    modality: str = "MR"
    frames: str = ""
    description: str = ""
    manufacturer: str = "SIEMENS"
    model: str = "TrioTim"
    quality: str = "usable"
    resources: list[Resource] = field(default_factory=list)


@dataclass
class Session:
    """An experiment, with scans if it is an imaging session. shared: project → its label there."""

    id: str
    label: str
    project: str
    subject: str
    kind: str = "xnat:mrSessionData"
    date: str = "2004-01-02"
    age: str = ""
    inserted: str = "2021-01-01 00:00:00.0"
    modified: str = "2021-01-01 00:00:00.0"
    shared: dict[str, str] = field(default_factory=dict)
    scans: list[Scan] = field(default_factory=list)


@dataclass
class Subject:
    """A subject; yob and dob are there to be asked for by mistake."""

    id: str
    label: str
    project: str
    gender: str = ""
    age: str = ""
    yob: str = "1961"
    dob: str = "1961-05-04"
    shared: list[str] = field(default_factory=list)


@dataclass
class Project:
    """A project; members may read it whatever its accessibility."""

    id: str
    name: str = ""
    access: str = "public"
    description: str = ""
    keywords: str = ""
    pi_firstname: str = ""
    pi_lastname: str = ""
    secondary_id: str = ""
    aliases: list[str] = field(default_factory=list)
    inserted: str = "2020-06-01 08:00:00.0"
    members: set[str] = field(default_factory=set)


@dataclass
class Site:
    """Everything on the host."""

    projects: list[Project] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def project(self, name: str) -> Project | None:
        """The project of that ID."""
        return next((found for found in self.projects if found.id == name), None)

    def session(self, name: str, project: str | None = None) -> Session | None:
        """The session of that ID, or of that label in `project`."""
        for found in self.sessions:
            labels = {found.project: found.label, **found.shared}
            if found.id == name or (project and labels.get(project) == name):
                return found
        return None


def small() -> Site:
    """Three projects that a guest may know of and one that it may not.

    OPEN: two subjects, two MR sessions, a PET-MR one, and a rating that is no imaging session.
    SHARE: a session of its own, one shared from OPEN and one from the private SECRET.
    GUARDED: protected, with a session.
    """
    dicom = Resource("DICOM", ["1.dcm", "2.dcm"], 2, 1400)
    thumbs = Resource("SNAPSHOTS", ["1.gif"], 2, 50)
    nifti = Resource("NIFTI", ["bold.nii.gz"], 1, 9000)
    return Site(
        [
            Project(
                "OPEN",
                "An open project",
                description="MR &amp; PET of <b>two</b> people.<script>steal()</script> "
                "Write to ada@example.org",
                keywords="brain, ageing",
                pi_firstname="Ada",
                pi_lastname="Lovelace",
                secondary_id="Open one",
                aliases=["first", "10.5555/XNAT.1"],
                members={"ada"},
            ),
            Project("SHARE", "Shared sessions", description="Taken from others"),
            Project("GUARDED", "On request", "protected", "Ask us", members={"ada"}),
            Project("SECRET", "Not for you", "private", "Hidden", members={"ada"}),
        ],
        [
            Subject("XNAT_S1", "sub-1", "OPEN", "male", "31"),
            Subject("XNAT_S2", "sub-2", "OPEN", "F", shared=["SHARE"]),
            Subject("XNAT_S3", "sub-3", "SHARE", "U", "250"),
            Subject("XNAT_S4", "sub-4", "GUARDED", "F", "44"),
            Subject("XNAT_S5", "sub-5", "SECRET", "M", "55", shared=["SHARE"]),
        ],
        [
            Session(
                "XNAT_E1",
                "sub-1_MR1",
                "OPEN",
                "XNAT_S1",
                age="30.0",
                scans=[
                    Scan("1", frames="999", description="t1_mprage", resources=[dicom, thumbs]),
                    Scan("2-MR1", "BOLD", modality="", frames="180", resources=[nifti]),
                    Scan("3", "notes", "xnat:otherDicomScanData", "", resources=[]),
                ],
            ),
            Session(
                "XNAT_E2",
                "sub-2_PETMR",
                "OPEN",
                "XNAT_S2",
                "xnat:petmrSessionData",
                date="",
                scans=[
                    Scan("1", "FDG", "xnat:petScanData", "", manufacturer="", resources=[dicom]),
                    Scan("2", "UTE", frames="96", resources=[Resource("DICOM", ["a.dcm"])]),
                ],
                shared={"SHARE": "borrowed"},
            ),
            Session("XNAT_E3", "sub-2_empty", "OPEN", "XNAT_S2", inserted="2022-03-04 05:06:07.8"),
            Session("XNAT_R1", "rating", "OPEN", "XNAT_S1", "xnat:qcManualAssessorData"),
            Session("XNAT_E4", "sub-3_CT", "SHARE", "XNAT_S3", "xnat:ctSessionData",
                    scans=[Scan("1", "CT", "xnat:ctScanData", "CT", resources=[dicom])]),
            Session("XNAT_E5", "sub-4_MR", "GUARDED", "XNAT_S4", scans=[Scan("1")]),
            Session("XNAT_E6", "sub-5_MR", "SECRET", "XNAT_S5", shared={"SHARE": "lent"},
                    scans=[Scan("1", resources=[dicom])]),
        ],
    )  # fmt: skip


def large(projects: int, scans: int, scans_a_session: int = 10) -> Site:
    """Public projects that share `scans` scans evenly, one session a subject."""
    site = Site()
    begin = date(2001, 3, 5)
    for p in range(projects):
        name = f"PRJ{p:03}"
        site.projects.append(
            Project(name, f"Project {p}", description=f"What study {p} is about. " * 8,
                    keywords="MR brain", pi_firstname="Ada", pi_lastname=f"Lovelace {p}")
        )  # fmt: skip
    for s in range(-(-scans // scans_a_session)):
        name = site.projects[s % projects].id
        day = begin + timedelta(days=s * 7 % 4000)
        site.subjects.append(
            Subject(f"XNAT_S{s:05}", f"sub-{s:05}", name, "MF"[s % 2], str(18 + s * 7 % 70))
        )
        site.sessions.append(
            Session(
                f"XNAT_E{s:05}", f"sub-{s:05}_MR1", name, f"XNAT_S{s:05}", date=day.isoformat(),
                inserted=f"{day + timedelta(days=900)} 10:{s % 60:02}:{s * 7 % 60:02}.{s % 1000}",
                modified=f"{day + timedelta(days=950)} 11:{s % 60:02}:{s * 11 % 60:02}.{s % 1000}",
                scans=[
                    Scan(str(n + 1), ("MPRAGE", "BOLD rest", "DTI 64", "FLAIR")[n % 4],
                         frames=str(160 + n), description=f"ep2d_bold_moco_{s * 31 % 97}_{n}",
                         resources=[Resource("DICOM", ["1.dcm"], 160 + n, 10**7 + s * n * 131)])
                    for n in range(min(scans_a_session, scans - s * scans_a_session))
                ],
            )
        )  # fmt: skip
    return site


@cache
def dicom_file(name: str) -> bytes:
    """A DICOM file of one 16 x 16 MR image, the same bytes for the same name."""
    image = Dataset()
    image.SOPClassUID = MRImageStorage
    image.SOPInstanceUID = generate_uid(entropy_srcs=[name])
    image.PatientID = "sub-1"
    image.Modality = "MR"
    image.Rows = image.Columns = 16
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15
    image.PixelRepresentation = 0
    image.PixelData = bytes(range(256)) * 2
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = MRImageStorage
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    buffer = BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
