-- Whether a viewer state is true for a row of a page, by what {states_read} gave.
-- parameters: state, key
-- needs: states ({state})
({key} = ANY((SELECT {state} FROM states)::bigint[]))
