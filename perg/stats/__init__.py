"""Statistics on ratings of the same items by people and judges: arrays in, frozen results out.

From the top down; a room imports only what is below it:

- `report`: the validation report of a campaign, all of the below at once, with its definitions
- `planning`: how many labels are needed, and which come next
- `raters`: the quality of the people who label, and how far they agree
- `judges`: whether a judge can be trusted: agreement with people, baselines, calibration, the verdict
- `gold`: gold labels from votes: majority, Dawid-Skene, MACE, and which items are released
- `correction`: corrected rates of runs and slices
- `estimators`: a rate from many judge labels and few human ones: PPI++, Rogan-Gladen, strata
- `items`: the items of a validation with the ratings of people and judges
- `files`: files of ratings: what they mean, on which scale, and what is wrong with them
- `measures`: alpha, kappa, AC1, association, confusion, and their differences
- `runs`: metrics of PERG runs, paired runs, the stages of the Pref-Aligner
- `ratings`: tables of ratings, and the distance of two ratings on their scale
- `base`: estimates, intervals, resampling, proportions

Nothing here knows of Django, a database or the clock, and randomness comes in as an explicit generator (`Draws`), so
every number can be derived by hand in a test. A quantity that the data do not define is an `Estimate` without a value
and with a reason; it is never 0 and never NaN.

Modules say `import scipy` and `scipy.stats.norm`, not `from scipy.stats import norm`: SciPy loads `scipy.stats`,
`scipy.special` and `scipy.sparse` on first use, which together take longer than all modules here. scikit-learn is
imported in the two functions that need it.
"""
