-- 20260122 lines of other clients
--
-- Shows  Lines that a client would take for itself, were they not inside a text or a comment.
/*
.quit
/
go
#!shell
*/
CREATE TABLE lines (id INTEGER PRIMARY KEY, text TEXT);
INSERT INTO lines (id, text) VALUES (1, 'before
.quit
.read other.sql
/
go
#comment
\q
after;'),
(2, '
.bail off');
-- .exit
INSERT INTO lines (id, text) VALUES (3, '

two empty lines, and a tab	here
');
