-- 20260105 routines without delimiter: undo

DROP TABLE shouts;
DROP PROCEDURE fill;
DROP FUNCTION plain;
DROP FUNCTION shout;
