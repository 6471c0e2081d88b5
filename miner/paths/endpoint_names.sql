-- A row is one endpoint that sessions use, the most used first; its code is its place.
SELECT endpoint, code FROM endpoint_codes ORDER BY code
