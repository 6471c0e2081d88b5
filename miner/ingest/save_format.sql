-- formats: a row is a format that a user described.
INSERT OR REPLACE INTO formats VALUES ($name, $template, $fields);
