"""What is asked for beside the file when a recorded run is imported."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.models import User
from core.names import name_problem
from evaluation.importers.report import ImportRefused
from evaluation.importers.stores.names import require_length
from evaluation.models import Catalogue
from evaluation.models.run import Method, RatingsOf, Setting

NAME_LENGTH = 300


@dataclass(frozen=True)
class RunRequest:
    """What somebody asks to have imported, less the file itself."""

    file_name: str
    model: str
    method: str
    setting: str
    name: str | None
    dataset: str | None
    catalogue: Catalogue | None
    judge: str | None
    ratings_of: str
    preferences: Sequence[str]
    strict: bool
    is_demonstration: bool
    actor: User | None

    def check(self) -> None:
        """Raise `ImportRefused`: `unknown_method`, `unknown_setting`, `unknown_ratings_of`, `invalid_name`, …"""
        if self.method not in Method.values:
            raise ImportRefused(
                f"There is no method “{self.method}”; there are {', '.join(Method.values)}.",
                code="unknown_method",
                field="method",
            )
        if self.setting not in Setting.values:
            raise ImportRefused(
                f"There is no setting “{self.setting}”; there are {', '.join(Setting.values)}.",
                code="unknown_setting",
                field="setting",
            )
        if self.ratings_of not in RatingsOf.values:
            raise ImportRefused(
                f"Ratings rate {' or '.join(RatingsOf.values)}, not “{self.ratings_of}”.",
                code="unknown_ratings_of",
                field="ratings_of",
            )
        if self.name is not None:
            require_length(self.name, longest=NAME_LENGTH, field="name", whose="A run's name")
        for field, name in (("name", self.name), ("model", self.model), ("judge", self.judge)):
            if name and name.strip() and (problem := name_problem(name)):
                raise ImportRefused(problem, code="invalid_name", field=field)
        if self.is_demonstration and self.dataset is None:
            raise ImportRefused(
                "A demonstration goes into a dataset of its own; name it.",
                code="not_a_demonstration",
                field="dataset",
            )
