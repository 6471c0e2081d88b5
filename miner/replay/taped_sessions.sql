-- A row is a session as recorded, by its start; times are seconds since 1970.
SELECT epoch_us(started) / 1e6 AS began, epoch_us(finished) / 1e6 AS finished, requests
FROM sessions ORDER BY started
