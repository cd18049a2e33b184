"""After the check: submission, approval, sending."""
