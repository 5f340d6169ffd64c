-- The columns of an entry of a feed after the snapshot: those of ENTRY in feed/selectors.py. Most entries have no sharer, and a
-- join would probe for each.
-- needs: e (position, sharer_id), p (posts), a (users: the author), keys (ids)
e.position,
CASE WHEN e.sharer_id IS NOT NULL THEN (SELECT ROW({user of=sharer}) FROM users sharer WHERE sharer.id = e.sharer_id) END,
{post_on_page}
