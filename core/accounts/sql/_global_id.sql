-- The global id of a key, as the API returns it.
-- parameters: type, of
translate(encode(convert_to('{type}:' || {of}, 'UTF8'), 'base64'), E'\n', '')
