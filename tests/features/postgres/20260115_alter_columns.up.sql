-- 20260115 alter columns
--
-- Shows  A generated column; types, defaults and nullability that change; a column and a table renamed.

CREATE TABLE formats (width INTEGER, height TEXT DEFAULT '1', note VARCHAR(10) COLLATE "C");
INSERT INTO formats (width, height, note) VALUES (4, '3', 'TV; old'), (16, '9', NULL);

ALTER TABLE formats ADD COLUMN area INTEGER GENERATED ALWAYS AS (width * 2) STORED;
ALTER TABLE formats
    ALTER COLUMN height DROP DEFAULT,
    ALTER COLUMN height TYPE INTEGER USING height::integer,
    ALTER COLUMN height SET DEFAULT 1,
    ALTER COLUMN width  SET NOT NULL;
ALTER TABLE formats RENAME COLUMN note TO remark;
ALTER TABLE galleries ADD COLUMN theme TEXT NOT NULL DEFAULT 'dark; 100%';
