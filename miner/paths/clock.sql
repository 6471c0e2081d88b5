-- One row: the coarsest unit of seconds that all time stamps of requests are whole multiples of.
SELECT CASE
    WHEN bool_and(epoch_us(finished) % 60000000 = 0 OR epoch_us(started) % 60000000 = 0) THEN 60.0
    WHEN bool_and(epoch_us(finished) % 1000000 = 0 OR epoch_us(started) % 1000000 = 0) THEN 1.0
    WHEN bool_and(epoch_us(finished) % 1000 = 0 OR epoch_us(started) % 1000 = 0) THEN 0.001
    ELSE 0.000001
END AS clock
FROM requests
