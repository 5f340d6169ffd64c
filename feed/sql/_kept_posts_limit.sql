-- How many posts the reasons of a kept home feed have after it was built or trimmed: fifty pages of twenty, and some that do
-- not count.
1200
