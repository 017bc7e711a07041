"""Is a judge as good as a person, up to what it may lack: non-inferiority, not the absence of a significant difference.

The judge is as good if the lower limit of judge − people (`leave_one_out`) lies above −ε, ε being what the judge may
lack in the alternative annotator test. A test of "clearly worse" would let any judge pass on few labels.

Source: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987) 657–680.
"""

from dataclasses import dataclass

from perg.stats.judges.leave_one_out import SkillBesidePeople

POWER = 0.8


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """Whether judge − people lies above −margin.

    Attributes:
        epsilon: what the judge may lack. reference_quality: the share in [0, 1] of a true difference that is left when
            it is measured against other people (`reference_quality`). margin: their product.
        judges: tested at once; the limit is corrected for them.
        lower_limit: one-sided, of judge − people; None without an interval.
        shown: lower_limit > −margin; None if the difference is undefined, and then `undefined` says why.
        units: that were compared. units_needed: with which a judge as good as people would be shown to be so in 80% of
            campaigns; None if no number is known.
    """

    statistic: str
    epsilon: float
    reference_quality: float
    margin: float
    judges: int
    lower_limit: float | None
    shown: bool | None
    units: int
    units_needed: int | None
    undefined: str | None


def non_inferiority(
    beside: SkillBesidePeople,
    *,
    epsilon: float,
    reference_quality: float,
    judges: int = 1,
) -> NonInferiority:
    """The test of one of `judges` judges, on its comparison with people at the same `judges`.

    Raises:
        ValueError: a quality outside [0, 1].
    """
    if not 0 <= reference_quality <= 1:
        raise ValueError("the quality of the reference lies in [0, 1]")
    margin = epsilon * reference_quality
    difference, jackknife = beside.difference, beside.jackknife
    needed = None
    if jackknife is not None:
        needed = jackknife.units_for(margin, level=(1 - beside.difference_confidence) / 2, power=POWER)
    return NonInferiority(
        statistic=beside.statistic,
        epsilon=epsilon,
        reference_quality=reference_quality,
        margin=margin,
        judges=judges,
        lower_limit=difference.low,
        shown=None if difference.value is None else difference.low is not None and difference.low > -margin,
        units=0 if jackknife is None else jackknife.units,
        units_needed=needed,
        undefined=difference.undefined,
    )
