-- 20260129 lines of other clients
--
-- Shows  Lines that a client would take for itself, were they not inside a text or a comment.
/*
\q
quit
delimiter //
source other.sql
/
go
*/
CREATE TABLE `lines` (id INTEGER PRIMARY KEY, text VARCHAR(200));
INSERT INTO `lines` (id, text) VALUES (1, 'before
quit
exit
use mysql
delimiter //
source other.sql
.quit
/
go
after;'),
(2, '
\\q
\\. other.sql
');
-- quit
# delimiter //
INSERT INTO `lines` (id, text) VALUES (3, '

two empty lines, and a tab	here
');
