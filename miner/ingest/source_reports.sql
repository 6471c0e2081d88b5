-- A row is a source with the resolution of its clock in seconds and whether its log has durations.
WITH clocks AS (
    SELECT
        source_id,
        -- A derived end (stamp minus duration) is finer than the clock, so the coarser end counts.
        greatest(
            CASE
                WHEN bool_and(epoch_us(started) % 1000000 = 0) THEN 1.0
                WHEN bool_and(epoch_us(started) % 1000 = 0) THEN 0.001
                ELSE 0.000001
            END,
            CASE
                WHEN bool_and(epoch_us(finished) % 1000000 = 0) THEN 1.0
                WHEN bool_and(epoch_us(finished) % 1000 = 0) THEN 0.001
                ELSE 0.000001
            END
        ) AS clock,
        bool_or(finished > started) AS durations
    FROM requests
    GROUP BY source_id
)
SELECT
    source_id, name, format, lines, requests, rejects, blanks, duplicates, first_at, last_at,
    CAST(clock AS DOUBLE) AS clock,
    coalesce(durations, false) AS durations
FROM sources
LEFT JOIN clocks USING (source_id)
ORDER BY source_id
