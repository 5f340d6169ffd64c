-- How many of the first posts of all users, and of the shares, are looked through for those of many followed users: fewer
-- where more are followed, since theirs come sooner. Among users who write alike, a hundred thousand, those of 20 are found.
2000000 / n
