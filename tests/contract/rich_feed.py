"""The home feed of W2 with all that clients show of a post."""

from __future__ import annotations

from tests.paths import OPERATIONS

_FEED = """
query Feed($first: Int) {
  homeFeed(first: $first) {
    edges {
      cursor sharedBy { ...Actor }
      node { ...RichPost comments(first: 3) { edges { node { id text createdAt likeCount author { ...Actor } } } } }
    }
    pageInfo { hasNextPage endCursor } eventCursor
  }
}
"""
RICH_FEED = (OPERATIONS / "CreateRichPost.graphql").read_text().partition("mutation")[0] + _FEED
ALL_RICH = """
INSERT INTO hashtags (name) VALUES ('crowd') ON CONFLICT DO NOTHING;
UPDATE posts p SET quoted_post_id = q.id, text = '@p8 @p9 #crowd http://a.b',
    entities = ARRAY[0, 3, u.id, 4, 7, v.id, 8, 14, -h.id, 15, 25, 0]
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) o
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) q ON q.n = o.n - 60
JOIN users u ON u.username = 'p8' JOIN users v ON v.username = 'p9' JOIN hashtags h ON h.name = 'crowd'
WHERE p.id = o.id;
"""
"""Each post quotes one and has two mentions, a hashtag and a link. There are users p8 and p9."""
