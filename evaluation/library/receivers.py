"""What the library does when other rooms have news."""

from evaluation.engine.steps.after_calls import attempt
from evaluation.library.selectors.catalogues import builds_asking
from evaluation.library.services.catalogue_building import advance_build
from evaluation.signals import calls_recorded


def connect() -> None:
    """Called once, when the app is ready."""
    calls_recorded.connect(advance_builds)


def advance_builds(*, endpoint_id: int, **_: object) -> None:
    """Move on the catalogue builds that wait for the endpoint."""
    for build in builds_asking().filter(endpoint=endpoint_id):
        attempt(lambda build=build: advance_build(build))  # type: ignore[misc]
