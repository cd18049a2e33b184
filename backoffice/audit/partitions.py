"""The trail in partitions of ten million entries, on PostgreSQL: created ahead, and dropped whole when expired.

They are by id, not by month: so ids stay unique in the database, seals and prunings, which cover ids, fall on
one partition, and a small installation has one or two. `audit_entry_to_N` has the ids below N from the end of
the previous one; `audit_entry_rest` has those beyond the last, and is empty unless none was created ahead.
The portal's role owns nothing, so functions of the owner create and drop partitions, and check the
conditions. That role has no rights on a partition: its statements name the whole trail.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from backoffice import guarding

#: Entries in a partition. The next one is created when the last is half full.
SIZE = 10_000_000
#: How long to wait for a lock on the trail; the next run tries again.
PATIENCE = "1s"


def make_ahead(connection: BaseDatabaseWrapper) -> str:
    """Create the next partition once the last is half full. Returns its name, or "" if none is needed. Run by beat."""
    return _asked(connection, "SELECT audit_entries_ahead()") or ""


def drop_over(connection: BaseDatabaseWrapper) -> int:
    """Drop the partitions whose entries a pruning all covers and no legal hold keeps. Returns how many."""
    return _asked(connection, "SELECT audit_entries_drop_over()") or 0


def _asked(connection: BaseDatabaseWrapper, query: str) -> Any:
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def put_up(connection: BaseDatabaseWrapper, youngest_years: int, size: int = SIZE) -> None:
    """Create the functions and the guards of partitions, together with the guards of the whole.

    A partition with an entry younger than `youngest_years` is never dropped, whatever a pruning says.
    """
    if connection.vendor != "postgresql" or not _is_partitioned(connection):
        return
    written = {
        "path": guarding.search_path(connection),
        "patience": PATIENCE,
        "years": youngest_years,
        "size": size,
    }
    with connection.cursor() as cursor:
        for function in (_LISTED, _GUARDED, _AHEAD, _DROP_OVER):
            cursor.execute(function.format(**written))
        cursor.execute("SELECT audit_entries_guarded(name) FROM audit_entries_partitions()")


def take_down(connection: BaseDatabaseWrapper) -> None:
    """Drop the guards of the partitions, to empty the database of a test."""
    if connection.vendor == "postgresql" and _is_partitioned(connection):
        with connection.cursor() as cursor:
            cursor.execute(_UNGUARD)


def _is_partitioned(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE oid = to_regclass('audit_entry') AND relkind = 'p'"
        )
        return bool(cursor.fetchone()[0])


#: The partitions with the end of each; NULL for the one with the rest.
_LISTED = r"""
CREATE OR REPLACE FUNCTION audit_entries_partitions() RETURNS TABLE (part oid, name text, ends bigint)
LANGUAGE sql SET search_path = {path} AS $$
  SELECT c.oid, c.relname::text, substring(c.relname FROM '^audit_entry_to_(\d+)$')::bigint
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_entry'::regclass
$$"""

#: A statement on a partition itself must meet the trail's guards too. PostgreSQL copies row triggers to
#: partitions.
_GUARDED = r"""
CREATE OR REPLACE FUNCTION audit_entries_guarded(partition text) RETURNS void
LANGUAGE plpgsql SET search_path = {path} AS $$
DECLARE said text;
BEGIN
  FOR said IN SELECT pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = 'audit_entry'::regclass AND NOT tgisinternal AND tgtype & 1 = 0
  LOOP
    said := regexp_replace(said, '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER');
    EXECUTE regexp_replace(said, ' ON \S+ ', format(' ON %I ', partition));
  END LOOP;
  FOR said IN SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
    FROM pg_class c CROSS JOIN aclexplode(c.relacl) a WHERE c.oid = partition::regclass AND a.grantee <> c.relowner
  LOOP
    EXECUTE format('REVOKE ALL ON %I FROM %s', partition, said);
  END LOOP;
END $$"""

_AHEAD = """
CREATE OR REPLACE FUNCTION audit_entries_ahead() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path} SET lock_timeout = '{patience}' AS $$
DECLARE size CONSTANT bigint := {size}; first bigint; newest bigint; made text;
BEGIN
  SELECT max(ends) INTO first FROM audit_entries_partitions();
  SELECT last_value INTO newest FROM audit_entry_id_seq;
  IF newest + size / 2 < first THEN
    RETURN NULL;
  END IF;
  IF newest >= first THEN  -- what is there beyond the last one stays in the rest
    first := ((newest + size / 2) / size + 1) * size;
  END IF;
  made := 'audit_entry_to_' || first + size;
  EXECUTE format('CREATE TABLE %I.%I PARTITION OF audit_entry FOR VALUES FROM (%s) TO (%s)',
    (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = 'audit_entry'::regclass), made, first, first + size);
  PERFORM audit_entries_guarded(made);
  RETURN made;
END $$"""

_DROP_OVER = """
CREATE OR REPLACE FUNCTION audit_entries_drop_over() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path} SET lock_timeout = '{patience}' AS $$
DECLARE over text; kept boolean; dropped integer := 0;
BEGIN
  FOR over IN SELECT name FROM audit_entries_partitions()
    WHERE ends - 1 <= (SELECT max(up_to_id) FROM audit_pruning) ORDER BY ends
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I WHERE at >= clock_timestamp() - interval ''{years} years'')
      OR EXISTS (SELECT FROM audit_legalhold h JOIN %1$I e ON e.subject = h.subject WHERE h.lifted_at IS NULL)',
      over) INTO kept;
    IF NOT kept THEN
      EXECUTE format('DROP TABLE %I', over);
      dropped := dropped + 1;
    END IF;
  END LOOP;
  RETURN dropped;
END $$"""

_UNGUARD = """
DO $$
DECLARE said record;
BEGIN
  FOR said IN SELECT t.tgname, p.name FROM audit_entries_partitions() p JOIN pg_trigger t ON t.tgrelid = p.part
    WHERE NOT t.tgisinternal AND t.tgparentid = 0
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', said.tgname, said.name);
  END LOOP;
END $$"""
