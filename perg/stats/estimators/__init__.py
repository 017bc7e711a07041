"""Rates from many judge labels and few human ones: PPI++, Rogan-Gladen, strata."""
