-- 20260130 end without semicolon

CREATE TABLE unfinished (id INTEGER);
INSERT INTO unfinished (id) VALUES (1), (2) -- no semicolon, and no line break: it's over;