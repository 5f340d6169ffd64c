-- Takes the picture from a profile, unless it is this one. $1 owner, $2 media, or null.
UPDATE media SET is_avatar = false WHERE owner_id = $1 AND is_avatar AND id IS DISTINCT FROM $2
