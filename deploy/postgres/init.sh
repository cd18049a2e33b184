#!/bin/sh
# Run once by the container of PostgreSQL when its folder is empty.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v owner_password="$PORTAL_OWNER_PASSWORD" -v portal_password="$PORTAL_PASSWORD" \
  -f /deploy/roles.sql
