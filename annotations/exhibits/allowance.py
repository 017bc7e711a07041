"""How much of an exhibit is laid out: what goes beyond it is shown in a simpler way, so that no page takes long."""

from dataclasses import dataclass

LONGEST_PAGE = 4_000_000


@dataclass(slots=True)
class Allowance:
    """What is left for one exhibit, in characters: of Markdown and LaTeX to read, and of HTML to write.

    `parsings`: texts that may still be read as Markdown.
    """

    markdown: int = 50_000
    latex: int = 20_000
    parsings: int = 1000
    html: int = LONGEST_PAGE

    def takes_markdown(self, text: str) -> bool:
        """Whether the text may be read as Markdown; what it takes is then gone."""
        if len(text) > self.markdown or self.parsings == 0:
            return False
        self.markdown -= len(text)
        self.parsings -= 1
        return True

    def takes_latex(self, latex: str) -> bool:
        if len(latex) > self.latex:
            return False
        self.latex -= len(latex)
        return True

    @property
    def is_spent(self) -> bool:
        """Whether no more is written."""
        return self.html <= 0

    def writes(self, html: str) -> str:
        """The HTML, whose length is now gone."""
        self.html -= len(html)
        return html
