-- Whether a share of a kept home feed is still there, by a user who is not hidden from the viewer.
-- parameters: share, viewer=$1
-- needs: hidden (ids)
EXISTS (SELECT FROM shares s WHERE s.user_id = {share}.sharer_id AND s.post_id = {share}.post_id AND s.id = {share}.position OFFSET 0)
    AND {not_hidden user_id={share}.sharer_id viewer={viewer} muter={viewer}}
