"""Keeping a post bag in order: what is too old goes, and what a crash left half-done."""

from __future__ import annotations

from dataclasses import replace

from perahu.sync.postbag import index
from perahu.sync.postbag.bag import BEGUN_ENDING, DAY_MS, ENDING, PostBag

BEGUN_MAX = 64
"""Parcels of which some pieces are kept."""
BEGUN_DAYS = 7


def tidy(bag: PostBag) -> int:
    """Let go of what is too old, revoked, or begun and forgotten; gives how many left."""
    now_ms, left = bag.now_ms(), 0
    age_ms = bag.room.age_days * DAY_MS
    last_ms = bag.index.last_tidy()
    bag.index.note_tidy(now_ms)
    if last_ms is not None and not 0 <= now_ms - last_ms < age_ms:
        # The clock was wrong, or is now: nobody's post is thrown away for that.
        for one in bag.index.parcels():
            bag.index.put(replace(one, taken_ms=now_ms))
    limit_ms = now_ms - age_ms
    is_revoked = bag.journal.authority.is_revoked
    for one in bag.index.parcels():
        is_old = one.taken_ms < limit_ms
        if is_old or is_revoked(one.label.sender) or is_revoked(one.label.receiver):
            bag.drop(one, index.AGED if is_old else index.REFUSED, b"")
            left += 1
    begun = sorted(bag.index.begun(), key=lambda one: -one[1])
    for number, (sha, at_ms) in enumerate(begun):
        is_old = at_ms < now_ms - BEGUN_DAYS * DAY_MS
        if sha not in bag.claimed and (is_old or number >= BEGUN_MAX):
            bag.drop_begun(sha)
    with bag.journal.ports.lock():
        _sweep(bag)
    bag.index.forget_gone(limit_ms)
    bag.index.forget_routes(limit_ms)
    return left


def _sweep(bag: PostBag) -> None:
    """Files that no row names and rows without a file: a crash came between the two."""
    names = bag.disk.list(bag.folder)
    begun = {sha for sha, _ in bag.index.begun()}
    for name in names:
        stem, dot, ending = name.partition(".")
        sha = _sha_of(stem)
        if sha is None or sha in bag.claimed:
            continue
        is_lost = dot + ending == ENDING and bag.index.get(sha) is None
        if is_lost or (dot + ending == BEGUN_ENDING and sha not in begun):
            bag.disk.remove(bag.folder / name)
    for one in bag.index.parcels():
        if one.sha not in bag.claimed and not bag.disk.exists(bag.path_of(one.sha)):
            bag.index.forget(one)


def _sha_of(stem: str) -> bytes | None:
    try:
        sha = bytes.fromhex(stem)
    except ValueError:
        return None
    return sha if len(sha) == 32 else None
