-- 20260128 lines of other clients
--
-- Shows  Lines that a client would take for itself, were they not inside a text or a comment.
/*
\q
\i other.sql
/
go
*/
CREATE TABLE lines (id INTEGER PRIMARY KEY, text TEXT);
INSERT INTO lines (id, text) VALUES (1, 'before
\q
\.
\i other.sql
.quit
/
go
after; \gexec'),
(2, $$
\! echo
:PORT :'PORT'
$$);
-- \q
INSERT INTO lines (id, text) VALUES (3, '

two empty lines, and a tab	here
');
