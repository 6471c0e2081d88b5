-- The requests are in the table `before`, and there is none called `requests`.
ALTER TABLE requests RENAME TO before;
