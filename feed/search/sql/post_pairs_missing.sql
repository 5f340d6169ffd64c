-- Some posts whose words have none of pairs or joints, the newest first: key, author, text. $1 how many.
SELECT p.id, p.author_id, p.text
FROM (SELECT post_id FROM post_words WHERE NOT words @@ '''^''' ORDER BY post_id DESC LIMIT $1) w JOIN posts p ON p.id = w.post_id
