-- 20260201 strange names
--
-- Shows  Reserved words, letters beyond ASCII, semicolons, quotes and dollars in names; operators of many signs.

CREATE TABLE "order" (
    "select"     INTEGER PRIMARY KEY,
    "from; to"   TEXT,
    "straße"     TEXT DEFAULT 'ä',
    größe        REAL,
    "a""b;c"     JSONB,
    U&"d\0061ta" TEXT
);
CREATE INDEX "index; it's" ON "order" ("from; to", größe);
INSERT INTO "order" ("select", "from; to", größe, "a""b;c") VALUES (1, 'a;b', 1.5, '{"k": [1, 2], "p": "100%"}');
CREATE TABLE a$b$c (d$e$ TEXT, "$$" TEXT);
INSERT INTO a$b$c (d$e$, "$$") VALUES ('x', $q$;$q$);
UPDATE "order" SET data = concat("a""b;c" ? 'k', "a""b;c" @> '{"k": [1]}', "a""b;c" #>> '{k,1}', 7 % 4, 2 ^ 3, @ -5)
WHERE größe >= 1 AND NOT "a""b;c" ?| ARRAY['x', 'y'];
