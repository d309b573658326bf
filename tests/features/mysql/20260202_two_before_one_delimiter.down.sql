-- 20260202 two before one delimiter: undo

DROP PROCEDURE one_pair;
DROP TABLE pairs;
