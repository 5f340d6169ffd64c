-- Without a viewer it is not.
-- parameters: state, key
false
