-- 20260131 temporary names again: undo

DROP TABLE keeps;
