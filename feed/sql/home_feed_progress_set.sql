-- Records up to which event the worker has added reasons to the kept home feeds. $1 transaction, $2 event, $3 the follow up
-- to which followers have the reason of the event after it, or 0.
INSERT INTO home_feed_progress (id, transaction, event, follow) VALUES (1, $1, $2, $3)
ON CONFLICT (id) DO UPDATE SET transaction = $1, event = $2, follow = $3
