-- A row is a format that a user described.
SELECT name, template, fields FROM formats ORDER BY name
