-- 20260112 add columns

ALTER TABLE galleries ADD COLUMN theme TEXT NOT NULL DEFAULT 'dark; 100%';
ALTER TABLE galleries ADD COLUMN owner_id INTEGER REFERENCES galleries (id);
UPDATE galleries SET owner_id = 1 WHERE slug = 'emoji';
