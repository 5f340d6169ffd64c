-- The columns of an entry of a feed after the snapshot: those of ENTRY in feed/selectors.py.
-- needs: e (position), sharer (users), p (posts), a (users: the author), states
e.position, CASE WHEN sharer.id IS NOT NULL THEN ROW({user of=sharer}) END, {post_on_page}
