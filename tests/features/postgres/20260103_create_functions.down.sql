-- 20260103 create functions: undo

DROP TABLE shouts;
DROP AGGREGATE product(NUMERIC);
DROP PROCEDURE rename_gallery;
DROP FUNCTION with_escapes();
DROP FUNCTION old_fashioned();
DROP FUNCTION list_galleries(TEXT);
DROP FUNCTION add_up(INTEGER[]);
DROP FUNCTION shout(TEXT, BOOLEAN);
