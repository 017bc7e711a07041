"""People in campaigns: invitations, accounts, members."""
