-- Into how many parts the actors without a row of a notification are divided, so that one is found and added at little cost.
64
