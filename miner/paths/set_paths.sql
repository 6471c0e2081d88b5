-- Puts each session in its user path, from the offered table `shape_paths`.
UPDATE sessions SET path = shape_paths.path FROM session_shapes JOIN shape_paths USING (shape)
WHERE sessions.session_id = session_shapes.session_id;
