-- The form in which usernames that look alike are equal: 0 and O, 1, I and l, m and rn. Source: confusables.txt of Unicode
-- 10.0 (UTS #39), as far as it maps the characters of usernames to each other. Case is ignored afterwards, since I is no i.
-- parameters: of
lower(replace(translate({of}, '01I', 'Oll'), 'm', 'rn'))
