-- A row is a request of a visitor after the first: seconds since the visitor waited for another, or was answered.
SELECT near AS seconds FROM steps WHERE near IS NOT NULL
