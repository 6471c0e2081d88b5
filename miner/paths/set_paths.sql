-- Puts each session in its user path, from the offered table `session_paths`.
UPDATE sessions SET path = session_paths.path FROM session_paths
WHERE sessions.session_id = session_paths.session_id;
