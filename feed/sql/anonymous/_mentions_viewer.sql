-- Nobody is mentioned without a viewer.
-- parameters: viewer=$1
-- needs: p (posts)
false
