-- Up to which number notifications that were not seen are counted: one more than is shown.
100
