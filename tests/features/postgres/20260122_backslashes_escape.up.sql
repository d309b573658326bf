-- 20260122 backslashes escape
--
-- Shows  A setting that changes how the rest of the file is read.

SET standard_conforming_strings = off;
SET escape_string_warning = off;
SET backslash_quote = on;
CREATE TABLE escapes (id INTEGER, text TEXT DEFAULT 'tab\there');
INSERT INTO escapes (id, text) VALUES (1, 'a\\b'), (2, 'it\'s; quoted'), (3, 'line\nbreak');
INSERT INTO escapes (id) VALUES (4);
