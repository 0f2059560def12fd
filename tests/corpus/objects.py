"""Objects about images: segmentations, contours, reports, presentation states, documents."""

from __future__ import annotations

import random

import numpy as np
from pydicom.dataset import Dataset

from tests.corpus import pdf
from tests.corpus.headers import Series, Study, code, header, new_uid, path
from tests.corpus.key import Notes
from tests.corpus.people import harmless, say

TEXT = 0x0040A160
CONTENT = 0x0040A730


def _reference(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = image.SOPClassUID
    item.ReferencedSOPInstanceUID = image.SOPInstanceUID
    return item


def segmentation(rng: random.Random, of: Study, where: Series, images: list[Dataset]) -> Dataset:
    """A binary SEG of some slices of a series."""
    ds = header(rng, of, where, 1)
    chosen = images[:3]
    ds.FrameOfReferenceUID = of.frame
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.ContentLabel, ds.ContentDescription = "LESION", "Automatic lesion mask"
    ds.ContentCreatorName = ""
    ds.SegmentationType = "BINARY"
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel = 1, "Liver lesion"
    segment.SegmentAlgorithmType, segment.SegmentAlgorithmName = "AUTOMATIC", "nnU-Net 2.1"
    segment.SegmentedPropertyCategoryCodeSequence = [
        code("49755003", "SCT", "Morphologically Abnormal Structure")
    ]
    segment.SegmentedPropertyTypeCodeSequence = [code("108369006", "SCT", "Neoplasm")]
    ds.SegmentSequence = [segment]
    listed = Dataset()
    listed.SeriesInstanceUID = images[0].SeriesInstanceUID
    listed.ReferencedInstanceSequence = [_reference(image) for image in chosen]
    ds.ReferencedSeriesSequence = [listed]
    ds.PerFrameFunctionalGroupsSequence = [_frame(image) for image in chosen]
    masks = np.zeros((len(chosen), 64, 64), np.uint8)
    masks[:, 20:30, 22:34] = 1
    ds.Rows = ds.Columns = 64
    ds.NumberOfFrames = str(len(chosen))
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = ds.PixelRepresentation = 0
    ds.LossyImageCompression = "00"
    ds.PixelData = np.packbits(masks.ravel(), bitorder="little").tobytes()
    ds["PixelData"].VR = "OB"
    return ds


def _frame(image: Dataset) -> Dataset:
    item, derivation, position = Dataset(), Dataset(), Dataset()
    source = _reference(image)
    source.PurposeOfReferenceCodeSequence = [code("121322", "DCM", "Source image for processing")]
    derivation.SourceImageSequence = [source]
    derivation.DerivationCodeSequence = [code("113076", "DCM", "Segmentation")]
    position.ImagePositionPatient = image.ImagePositionPatient
    item.DerivationImageSequence = [derivation]
    item.PlanePositionSequence = [position]
    return item


def contours(
    rng: random.Random, of: Study, where: Series, images: list[Dataset], notes: Notes, phi: float
) -> Dataset:
    """An RTSTRUCT of two regions; a region's name may name the patient."""
    ds = header(rng, of, where, 1)
    ds.StructureSetLabel = rng.choice(("PLAN1", "AUTOSEG", "RTSTRUCT"))
    ds.StructureSetDate, ds.StructureSetTime = ds.StudyDate, "101500"
    ds.FrameOfReferenceUID = of.frame
    frame, about, listed = Dataset(), Dataset(), Dataset()
    listed.SeriesInstanceUID = images[0].SeriesInstanceUID
    listed.ContourImageSequence = [_reference(image) for image in images]
    about.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    about.ReferencedSOPInstanceUID = of.uid
    about.RTReferencedSeriesSequence = [listed]
    frame.FrameOfReferenceUID = of.frame
    frame.RTReferencedStudySequence = [about]
    ds.ReferencedFrameOfReferenceSequence = [frame]
    regions, contoured, observed = [], [], []
    for number, name in enumerate(("GTV", "Heart"), 1):
        region, contour, line, seen = Dataset(), Dataset(), Dataset(), Dataset()
        region.ROINumber, region.ReferencedFrameOfReferenceUID = str(number), of.frame
        region.ROIName, region.ROIGenerationAlgorithm = name, "SEMIAUTOMATIC"
        line.ContourImageSequence = [_reference(images[0])]
        line.ContourGeometricType, line.NumberOfContourPoints = "CLOSED_PLANAR", "3"
        line.ContourData = [str(v) for v in (-10, -10, 0, 10, -10, 0, 0, 15.5, 0)]
        contour.ROIDisplayColor, contour.ReferencedROINumber = ["255", "0", "0"], str(number)
        contour.ContourSequence = [line]
        seen.ObservationNumber = seen.ReferencedROINumber = str(number)
        seen.RTROIInterpretedType, seen.ROIInterpreter = "GTV", ""
        regions.append(region)
        contoured.append(contour)
        observed.append(seen)
    if rng.random() < phi:
        regions[0].ROIName, found = say(of.person, "phrase", rng, 64)
        notes.phi(path(0x30060020, 0, 0x30060026), "sequence", found)
    ds.StructureSetROISequence = regions
    ds.ROIContourSequence = contoured
    ds.RTROIObservationsSequence = observed
    return ds


def _item(value_type: str, concept: tuple[str, str], relation: str = "CONTAINS") -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relation, value_type
    item.ConceptNameCodeSequence = [code(concept[0], "DCM", concept[1])]
    return item


def report(
    rng: random.Random, of: Study, where: Series, images: list[Dataset], notes: Notes, phi: float
) -> Dataset:
    """A report: measurements after TID 1500, or text; each kind of item may identify."""
    ds = header(rng, of, where, 1)
    person, clean = of.person, bool(of.alias)
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ConceptNameCodeSequence = [code("126000", "DCM", "Imaging Measurement Report")]
    items: list[Dataset] = []

    def text(identifying: bool) -> None:
        item = _item("TEXT", ("121071", "Finding"))
        at = path(CONTENT, len(items), TEXT)
        if identifying:
            item.TextValue, found = say(person, "prose", rng)
            notes.phi(at, "sr", found)
        else:
            item.TextValue = rng.choice(harmless("comment"))
            if not clean:
                notes.add(at, "sr", "keep_option", "", item.TextValue)
        items.append(item)

    if not clean or rng.random() < phi:
        who = _item("PNAME", ("121008", "Person Observer Name"), "HAS OBS CONTEXT")
        who.PersonName = person.physician
        notes.phi(path(CONTENT, len(items), 0x0040A123), "sr", [("name", who.PersonName)])
        items.append(who)
    text(False)
    if rng.random() < max(phi, 0.9 * (not clean)):
        text(True)
    number = _item("NUM", ("G-D7FE", "Length"))
    measured = Dataset()
    measured.NumericValue = str(rng.randrange(4, 60))
    measured.MeasurementUnitsCodeSequence = [code("mm", "UCUM", "millimeter")]
    number.MeasuredValueSequence = [measured]
    if not clean:
        at = path(CONTENT, len(items), 0x0040A300, 0, 0x0040A30A)
        notes.add(at, "sr", "keep_basic", "", measured.NumericValue)
    items.append(number)
    when = _item("DATE", ("111526", "DateTime Started"))
    when.Date = f"{of.shown:%Y%m%d}"
    items.append(when)
    tracked = _item("UIDREF", ("112040", "Tracking Unique Identifier"))
    tracked.UID = new_uid(rng, clean)
    items.append(tracked)
    for image in images[:2]:
        shown = _item("IMAGE", ("121112", "Source of Measurement"))
        shown.ReferencedSOPSequence = [_reference(image)]
        items.append(shown)
    group = _item("CONTAINER", ("125007", "Measurement Group"))
    group.ContinuityOfContent = "SEPARATE"
    if rng.random() < phi:
        inner = _item("TEXT", ("121106", "Comment"))
        inner.TextValue, found = say(person, "prose", rng)
        group.ContentSequence = [inner]
        notes.phi(path(CONTENT, len(items), CONTENT, 0, TEXT), "sr", found)
    items.append(group)
    ds.ContentSequence = items
    evidence, series = Dataset(), Dataset()
    series.SeriesInstanceUID = images[0].SeriesInstanceUID
    series.ReferencedSOPSequence = [_reference(image) for image in images[:2]]
    evidence.StudyInstanceUID = of.uid
    evidence.ReferencedSeriesSequence = [series]
    ds.CurrentRequestedProcedureEvidenceSequence = [evidence]
    return ds


def presentation(
    rng: random.Random, of: Study, where: Series, images: list[Dataset], notes: Notes, phi: float
) -> Dataset:
    """A presentation state with a text drawn over the image."""
    ds = header(rng, of, where, 1)
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "KEY", "Key image", ""
    ds.PresentationCreationDate, ds.PresentationCreationTime = ds.StudyDate, "110000"
    listed, drawn, shown, layer = Dataset(), Dataset(), Dataset(), Dataset()
    listed.SeriesInstanceUID = images[0].SeriesInstanceUID
    listed.ReferencedImageSequence = [_reference(image) for image in images[:2]]
    ds.ReferencedSeriesSequence = [listed]
    shown.AnchorPoint, shown.AnchorPointVisibility = [20.0, 20.0], "N"
    shown.AnchorPointAnnotationUnits = "PIXEL"
    shown.UnformattedTextValue = rng.choice(("R", "12.4 mm", "lesion 1", "HU 43"))
    if rng.random() < phi:
        shown.UnformattedTextValue, found = say(of.person, "phrase", rng)
        notes.phi(path(0x00700001, 0, 0x00700008, 0, 0x00700006), "graphic", found)
    drawn.GraphicLayer = layer.GraphicLayer = "LAYER1"
    drawn.TextObjectSequence = [shown]
    ds.GraphicAnnotationSequence = [drawn]
    layer.GraphicLayerOrder = "1"
    ds.GraphicLayerSequence = [layer]
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner = [1, 1]
    area.DisplayedAreaBottomRightHandCorner = [64, 64]
    area.PresentationSizeMode = "SCALE TO FIT"
    ds.DisplayedAreaSelectionSequence = [area]
    ds.PresentationLUTShape = "IDENTITY"
    return ds


def document(rng: random.Random, of: Study, where: Series, notes: Notes, phi: float) -> Dataset:
    """An encapsulated PDF: text and metadata that may identify."""
    ds = header(rng, of, where, 1)
    identifying = rng.random() < phi
    lines = rng.sample(harmless("comment"), 3)
    author = "Report generator"
    found: list[tuple[str, str]] = []
    if identifying:
        text, found = say(of.person, "prose", rng)
        lines.insert(1, text)
        if rng.random() < 0.5:
            author = " ".join(reversed(of.person.staff))
            found.append(("name", author))
    ds.ConversionType, ds.BurnedInAnnotation = "WSD", "YES" if identifying else "NO"
    ds.DocumentTitle = "Structured measurement summary"
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    data = pdf.made(lines, author, compressed=rng.random() < 0.6)
    ds.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
    ds["EncapsulatedDocument"].VR = "OB"
    ds.ConceptNameCodeSequence = [code("18748-4", "LN", "Diagnostic imaging study")]
    notes.phi("00420011", "pdf", found)
    return ds
