-- 20260117 ansi quotes
--
-- Shows  A setting that changes how the rest of the file is read: double quotes are for names, || joins.

SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT';
CREATE TABLE "a;""b" ("c;d" VARCHAR(50), "e" INTEGER);
INSERT INTO "a;""b" ("c;d", "e") VALUES ('x' || ';y', 1);
