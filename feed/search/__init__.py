"""Finding users and posts: by name, by words, by hashtag, by what is read most."""
