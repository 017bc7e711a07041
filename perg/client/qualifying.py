"""The qualification round, which a person may have to pass before labelling."""

from perg.client.answers import Feedback, ItemToRate, Qualification
from perg.client.base import Base


class Qualifying(Base):
    """The part of the client that takes the qualification round."""

    def qualification(self, campaign: int) -> Qualification:
        """The state of the token's owner in a campaign's round."""
        return self._read(Qualification, f"campaigns/{campaign}/qualification/")

    def start_qualification(self, campaign: int) -> Qualification:
        """Begin an attempt, or continue the current one: starting twice is one attempt."""
        return Qualification.model_validate(self._sent(f"campaigns/{campaign}/qualification/start/", {}))

    def next_qualification_item(self, campaign: int) -> ItemToRate | None:
        """The next item of the current attempt; None if there is no attempt or it is over."""
        item = self.get(f"campaigns/{campaign}/qualification/item/")["item"]
        return None if item is None else ItemToRate.model_validate(item)

    def answer_qualification(self, campaign: int, task: int, *, score: int) -> Feedback:
        """Rate an item; the first answer counts, however often it is sent. The feedback says whether it was right."""
        path, body = f"campaigns/{campaign}/qualification/item/", {"task": task, "score": score}
        return Feedback.model_validate(self._sent(path, body))
