-- 20260101 create galleries: undo
--
-- Takes the sequence along, which the column owns.

DROP TABLE galleries;
