-- A row is the salt of this store's pseudonyms.
SELECT salt FROM meta
