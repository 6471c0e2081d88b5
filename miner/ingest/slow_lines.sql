-- A row is a line that is to be read in another way.
SELECT line, raw, exact FROM slow
