"""Check an evidence pack: python3 verify.py PACK.zip [--head NUMBER:HASH] [--manifest SHA256]

Needs Python 3.11 or later and nothing else, neither the portal nor its database. A copy of this file lies in each
pack; whoever distrusts the pack uses the copy in the portal's source. Exit code 0: everything fits. 1: something does
not, and it is named. 2: this is no evidence pack.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Bytes of an entry's SHA-256 that a seal keeps.
DIGEST = 16
#: Bytes of a file in a pack at most: what is larger was not written by the portal.
LARGEST = 1_000_000_000

Row = Mapping[str, Any]


class Misfit(Exception):
    """The first thing that does not fit, in words."""


def verify(path: str, head: str = "", manifest_sum: str = "") -> str:
    """What was checked and fits, in words. Raises Misfit; OSError, zipfile.BadZipFile or ValueError for no pack."""
    with zipfile.ZipFile(path) as pack:
        files = _files(pack)
    content = files.pop("manifest.json", None)
    if content is None:
        raise ValueError("There is no manifest.json in it.")
    if manifest_sum and hashlib.sha256(content).hexdigest() != manifest_sum.lower():
        raise Misfit("The manifest is not the one that the portal recorded: this is another pack.")
    manifest = json.loads(content)
    _same_files(manifest["files"], files)
    chain, entries = json.loads(files["seals.json"]), json.loads(files["entries.json"])
    _follow(chain, manifest["head"], head)
    sealed = _entries_fit(entries, manifest["columns"], chain)
    kept = (
        "the seal that was kept elsewhere is among them"
        if head
        else "compare the head with one kept elsewhere"
    )
    return (
        f"{len(files)} files fit the manifest. {sealed} of {len(entries)} entries fit their seals, "
        f"{len(entries) - sealed} were not sealed yet. {len(chain)} seals follow one another; {kept}.\n"
        f"Head: {manifest['head'] or 'none'}"
    )


def _files(pack: zipfile.ZipFile) -> dict[str, bytes]:
    names = pack.namelist()
    if len(names) != len(set(names)):
        raise Misfit("A file is in the pack twice.")
    if any(info.file_size > LARGEST for info in pack.infolist()):
        raise Misfit("A file in the pack is far too large.")
    return {name: pack.read(name) for name in names}


def _same_files(sums: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    for name in sorted({*sums, *files}):
        if name not in files:
            raise Misfit(f"{name} is missing from the pack.")
        if name not in sums:
            raise Misfit(f"{name} was added to the pack.")
        if hashlib.sha256(files[name]).hexdigest() != sums[name]:
            raise Misfit(f"{name} was altered.")


def _follow(chain: Sequence[Row], newest: str, kept: str) -> None:
    """The seals are whole and follow one another, up to the head that the manifest names."""
    before = None
    for seal in chain:
        if before and (seal["number"], seal["previous"]) != (before["number"] + 1, before["hash"]):
            raise Misfit(f"Seal {seal['number']} does not follow the seal before it.")
        if _seal_hash(seal) != seal["hash"]:
            raise Misfit(f"Seal {seal['number']} was altered.")
        before = seal
    if newest != (_name(before) if before else ""):
        raise Misfit("The chain does not end at the head that the manifest names.")
    if kept and kept not in map(_name, chain):
        raise Misfit(f"Seal {kept.partition(':')[0]}, as it was kept elsewhere, is not in the pack's chain.")


def _seal_hash(seal: Row) -> str:
    covered = [seal[name] for name in ("number", "at", "ids", "last_id", "count", "digests_sha256")]
    covered += [seal[name] for name in ("waiting", "void", "previous")]
    if "digests" in seal and hashlib.sha256(bytes.fromhex(seal["digests"])).hexdigest() != covered[5]:
        raise Misfit(f"The digests of seal {seal['number']} were altered.")
    return hashlib.sha256(_dump(covered)).hexdigest()


def _entries_fit(entries: Sequence[Row], columns: Sequence[str], chain: Sequence[Row]) -> int:
    """How many entries a seal covers. Raises Misfit for one that is not as it was sealed."""
    wanted = {entry["id"] for entry in entries}
    digests = {number: digest for seal in chain for number, digest in _covered(seal) if number in wanted}
    for entry in entries:
        sealed = digests.get(entry["id"])
        row = [entry[name] for name in columns]
        if sealed is None and chain and _was_sealed_over(entry["id"], chain[-1]):
            raise Misfit(f"Entry {entry['id']} was slipped in: no seal covers it.")
        if sealed is not None and hashlib.sha256(_dump(row)).digest()[:DIGEST] != sealed:
            raise Misfit(f"Entry {entry['id']} is not what was sealed.")
    return len(digests)


def _covered(seal: Row) -> Iterator[tuple[int, bytes]]:
    """The ids that a seal covers, each with its digest, where the pack has them."""
    digests, at = bytes.fromhex(seal.get("digests", "")), 0
    if not digests:
        return
    for part in seal["ids"].split(","):
        first, _, last = part.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield number, digests[at : at + DIGEST]
            at += DIGEST


def _was_sealed_over(number: int, newest: Row) -> bool:
    """Whether an entry would be in a seal by now: it is not above the newest sealed one, nor waited for."""
    return number <= newest["last_id"] and not any(
        low <= number <= high for low, high, _ in newest["waiting"]
    )


def _name(seal: Row) -> str:
    return f"{seal['number']}:{seal['hash']}"


def _dump(row: Sequence[Any]) -> bytes:
    return json.dumps(row, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the pack named on the command line."""
    parser = argparse.ArgumentParser(description="Check an evidence pack without the portal.")
    parser.add_argument("pack", help="the ZIP file")
    parser.add_argument("--head", default="", help="NUMBER:HASH of a seal that was kept elsewhere")
    parser.add_argument(
        "--manifest", default="", help="SHA-256 of the manifest, as the portal's audit entry has it"
    )
    given = parser.parse_args(arguments)
    try:
        print(verify(given.pack, given.head, given.manifest))
    except Misfit as misfit:
        print(f"DOES NOT FIT: {misfit}", file=sys.stderr)
        return 1
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"This is no evidence pack: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
