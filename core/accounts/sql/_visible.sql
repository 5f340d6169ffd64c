-- Whether the viewer may see what the user has written or done: no block between them, and the account is not being deleted.
-- parameters: person, viewer=$1
{unblocked person={person} viewer={viewer}} AND {not_deleted person={person}}
