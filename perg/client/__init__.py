"""A typed client of the REST API: launch batches, wait for runs, read reports, label, fetch gold.

It knows nothing of the site, neither Django nor its settings.

    from perg import Client

    with Client("http://127.0.0.1:8000", token="perg_…") as perg:
        report = perg.validation_report(campaign=1)
"""

from perg.client.answers import (
    Batch,
    Build,
    BuildProgress,
    Campaign,
    Export,
    Feedback,
    GoldRelease,
    ItemToRate,
    JudgeReport,
    NextTask,
    Preset,
    Proposal,
    Qualification,
    Run,
    RunProgress,
    ShownTask,
    Submitted,
    ValidationReport,
)
from perg.client.client import Client
from perg.client.errors import (
    ApiError,
    ChecksumDiffers,
    Conflict,
    ExportFailed,
    ImportFailed,
    NotAllowed,
    NotFound,
    NotReached,
    PergError,
    ReleaseFailed,
    RunFailed,
    RunNotFinished,
    TookTooLong,
)

__all__ = [
    "ApiError",
    "Batch",
    "Build",
    "BuildProgress",
    "Campaign",
    "ChecksumDiffers",
    "Client",
    "Conflict",
    "Export",
    "ExportFailed",
    "Feedback",
    "GoldRelease",
    "ImportFailed",
    "ItemToRate",
    "JudgeReport",
    "NextTask",
    "NotAllowed",
    "NotFound",
    "NotReached",
    "PergError",
    "Preset",
    "Proposal",
    "Qualification",
    "ReleaseFailed",
    "Run",
    "RunFailed",
    "RunNotFinished",
    "RunProgress",
    "ShownTask",
    "Submitted",
    "TookTooLong",
    "ValidationReport",
]
