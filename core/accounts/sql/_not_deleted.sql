-- Whether the account of a person, who may be null, is not being deleted. The few accounts that are, are read once a statement.
({person} = ANY(ARRAY(SELECT user_id FROM account_deletions))) IS NOT TRUE
