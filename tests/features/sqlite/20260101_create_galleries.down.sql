-- 20260101 create galleries: undo

DROP TABLE galleries;
