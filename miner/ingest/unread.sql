-- A row says how many lines are still to be looked at.
SELECT count(*) AS lines FROM slow
