-- 20260119 strange names: undo

DROP TABLE t$x;
DROP INDEX "index; it's";
DROP TABLE [order];
