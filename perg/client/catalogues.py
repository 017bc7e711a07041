"""Building catalogues of preferences: an endpoint proposes, a person decides, a version is released."""

from collections.abc import Iterator, Sequence
from typing import Any

from perg.client.answers import Build, BuildProgress, Proposal
from perg.client.base import Base, key_of
from perg.client.transport import Json
from perg.client.waiting import Deadline, bars


class Catalogues(Base):
    """The part of the client that builds catalogues."""

    def estimate_build(self, *, dataset: str, endpoint: str, sample_size: int, per_question: int) -> Json:
        """The estimate for a build: calls, tokens, and US dollars (None: the endpoint has no price)."""
        size = {
            "dataset": dataset,
            "endpoint": endpoint,
            "sample_size": sample_size,
            "per_question": per_question,
        }
        estimate: Json = self._sent("catalogues/builds/estimate/", size)
        return estimate

    def start_build(
        self,
        *,
        name: str,
        dataset: str,
        endpoint: str,
        sample_size: int,
        per_question: int = 3,
        idempotency_key: str = "",
        **more: Any,
    ) -> Build:
        """Let an endpoint propose preferences for questions of a dataset; `more`: `seed` and `money_budget`."""
        # Any: what the API's schema says of them
        body = {
            "name": name,
            "dataset": dataset,
            "endpoint": endpoint,
            "sample_size": sample_size,
            "per_question": per_question,
            **more,
        }
        return self._created(Build, "catalogues/builds/", body, idempotency_key)

    def build_progress(self, build: int) -> BuildProgress:
        return BuildProgress.model_validate(self.get(f"catalogues/builds/{build}/progress/")["progress"])

    def wait_for_build(self, build: int, *, progress: bool = False, timeout: float | None = None) -> Build:
        """The build, once the endpoint has been called within the budget. Its proposals can then be reviewed."""
        deadline = Deadline(timeout, "The build")
        with bars(progress, console=self._console) as display:
            while True:
                answer = self.get(f"catalogues/builds/{build}/progress/")
                state, at = (
                    Build.model_validate(answer["build"]),
                    BuildProgress.model_validate(answer["progress"]),
                )
                display.show(build, state.name, at.read + at.failed, state.sample_size)
                if state.status != "asking":
                    return state
                deadline.sleep(self._poll)

    def proposals(self, build: int, **filters: Any) -> Iterator[Proposal]:
        """Newest first; filters are `status` and `category`."""
        return self._listed(Proposal, f"catalogues/builds/{build}/proposals/", filters)

    def decide_proposal(self, proposal: int, action: str) -> Proposal:
        """`accept` or `reject` a proposal, or `reopen` it: take the decision back."""
        return Proposal.model_validate(self._sent(f"catalogues/proposals/{proposal}/{action}/", {}))

    def merge_proposals(self, build: int, *, into: int, proposals: Sequence[int]) -> Proposal:
        """Merge other proposals into one."""
        body = {"into": into, "proposals": list(proposals)}
        return Proposal.model_validate(self.post(f"catalogues/builds/{build}/merge/", body))

    def release_catalogue(
        self, build: int, *, irrelevant_from: int | None = None, idempotency_key: str = ""
    ) -> Json:
        """The next version of the catalogue: accepted proposals, and irrelevant preferences of another one."""
        body = {} if irrelevant_from is None else {"irrelevant_from": irrelevant_from}
        path = f"catalogues/builds/{build}/release/"
        catalogue: Json = self.post(path, body, idempotency_key=key_of(idempotency_key))
        return catalogue
