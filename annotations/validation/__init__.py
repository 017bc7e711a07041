"""Whether a judge may be believed in a campaign: reports, agreement, imported ratings."""
