-- A row is a time stamp as a sampled line has it.
SELECT DISTINCT stamp FROM fields WHERE stamp IS NOT NULL AND stamp NOT IN ('', '-') ORDER BY stamp LIMIT 200
