-- The text of a trusted document. $1 its identifier, or its hash.
SELECT text FROM trusted_documents WHERE identifier = $1
UNION ALL
SELECT text FROM trusted_documents WHERE digest = $1
LIMIT 1
