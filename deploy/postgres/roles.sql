-- The two roles of the portal and its database, run once by an administrator of PostgreSQL:
--   psql -v owner_password=... -v portal_password=... -f deploy/postgres/roles.sql
-- portal_owner owns the tables and runs `manage.py migrate`; portal is what everything else runs as, and owns nothing:
-- only an owner can take away the triggers that keep the audit trail, and only an owner can empty it.
CREATE ROLE portal_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE portal LOGIN PASSWORD :'portal_password';
CREATE DATABASE portal OWNER portal_owner ENCODING 'UTF8' TEMPLATE template0;
\connect portal
-- Parts of names are found through it. Where a database is set up already, a superuser executes this line in it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
REVOKE TEMPORARY ON DATABASE portal FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO portal_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal;
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner GRANT USAGE, SELECT ON SEQUENCES TO portal;
