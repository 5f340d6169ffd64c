-- How much a post trends, by Mastodon's formula: the square of how many users react, halved every two hours. Its logarithm,
-- so that no post is too old for a number.
-- parameters: reactions, key
2 * log({reactions}) / log(2.0) - extract(epoch FROM now() - {key_time key={key}}) / 7200
