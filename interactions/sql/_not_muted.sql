({person} IN (SELECT id FROM muted)) IS NOT TRUE
