-- 20260120 double quotes
--
-- Shows  Texts in double quotes, which SQLite takes for names first and for texts then.

CREATE TABLE misquoted (word TEXT DEFAULT "a default; so", n INTEGER);
INSERT INTO misquoted (word, n) VALUES ("in double quotes; with 'single' ones", 1), ("say ""hi""", 2);
INSERT INTO misquoted (n) SELECT 3 WHERE "a" < "b";
UPDATE misquoted SET word = word || " and more" WHERE n = 1;
