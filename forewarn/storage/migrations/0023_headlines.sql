-- Headlines in each language of a message.

ALTER TABLE alert ADD COLUMN headlines jsonb NOT NULL DEFAULT '{}';
ALTER TABLE incident ADD COLUMN headlines jsonb NOT NULL DEFAULT '{}';
