-- A row is one silence: seconds from the end of a request to the start of the visitor's next.
SELECT silence AS seconds FROM steps WHERE silence IS NOT NULL
