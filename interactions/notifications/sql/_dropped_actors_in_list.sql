-- From how many actors without a row on a list gets no more of them.
250
