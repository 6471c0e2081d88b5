-- One row: how many sessions there are, and requests in them.
SELECT count(*) AS sessions, coalesce(sum(requests), 0)::BIGINT AS requests FROM sessions
