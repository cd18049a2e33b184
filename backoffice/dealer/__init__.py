"""The dealer's password: changed by two people, sent with the next logon."""
