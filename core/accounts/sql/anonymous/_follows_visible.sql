-- Without a viewer, private accounts show no lists.
-- parameters: viewer=$1
-- needs: o (users)
NOT o.is_private
