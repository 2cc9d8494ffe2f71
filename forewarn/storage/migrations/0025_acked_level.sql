-- What was acknowledged: a rise above it was not.

ALTER TABLE incident ADD COLUMN acked_level smallint NOT NULL DEFAULT 0;
UPDATE incident SET acked_level = highest WHERE acked_at IS NOT NULL;
