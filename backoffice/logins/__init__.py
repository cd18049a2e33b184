"""The people who use the portal: their logins and their roles."""
