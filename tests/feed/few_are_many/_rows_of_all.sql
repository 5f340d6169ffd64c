-- In place of many, so that some pages are found among them and others are not.
1 + n % 4
