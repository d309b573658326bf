-- 20260121 restore dump: undo
--
-- Shows  That the path is back: the name has no schema.

DROP TABLE dumped;
