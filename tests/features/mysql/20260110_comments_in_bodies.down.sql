-- 20260110 comments in bodies: undo

DROP VIEW commented_view;
DROP FUNCTION commented_too;
DROP PROCEDURE commented;
