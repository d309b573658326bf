-- 20260121 alter columns
--
-- Shows  Types, defaults, nullability and order that change; a column, an index and a table renamed.

ALTER TABLE formats MODIFY height SMALLINT NULL DEFAULT 1, ALTER COLUMN width SET DEFAULT 4;
ALTER TABLE formats RENAME COLUMN ratio TO shape, RENAME INDEX formats_area_idx TO formats_size_idx;
ALTER TABLE moments CONVERT TO CHARACTER SET latin1;
RENAME TABLE moments TO instants;
ALTER TABLE shouts ADD COLUMN first_one INTEGER FIRST, ADD COLUMN `last` DATETIME(6) NULL DEFAULT NULL
    ON UPDATE CURRENT_TIMESTAMP(6);
