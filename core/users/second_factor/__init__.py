"""Second factors: setting one up, asking for it, and the gate in front of everything else."""
