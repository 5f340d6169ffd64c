-- How many earlier versions of a post are kept.
100
