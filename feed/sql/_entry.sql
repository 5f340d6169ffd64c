-- The columns of an entry of a feed after the snapshot: those of ENTRY in feed/selectors.py.
-- parameters: viewer=$1
-- needs: e (position), sharer (users), p (posts), a (users: the author)
e.position, CASE WHEN sharer.id IS NOT NULL THEN ROW({user of=sharer}) END, {post viewer={viewer}}
