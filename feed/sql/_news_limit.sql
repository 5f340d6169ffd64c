-- How many events a page looks through that the worker has not added to kept home feeds yet.
500
