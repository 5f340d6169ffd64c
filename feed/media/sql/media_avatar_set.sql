-- Makes a picture that of its owner's profile, which has no other. $1 media.
UPDATE media SET is_avatar = true WHERE id = $1
