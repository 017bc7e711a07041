"""A number as people read it."""


def number_text(value: float, digits: int, *, percent: bool = False) -> str:
    """The number with this many decimals and a true minus sign, except for a rounded zero: −0.25, 0.00, 12.5%."""
    return f"{value:z.{digits}{'%' if percent else 'f'}}".replace("-", "−")
