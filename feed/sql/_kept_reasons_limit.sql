-- How many reasons a kept home feed has after it was built or trimmed: fifty pages of twenty, and some that do not count.
1200
