-- 20260119 strange names
--
-- Shows  Reserved words, letters beyond ASCII, semicolons and quotes in names.

CREATE TABLE "order" (
    "select"   INTEGER PRIMARY KEY,
    [from; to] TEXT,
    `gr``oup`  TEXT,
    "straße"   TEXT DEFAULT 'ä',
    größe      REAL,
    "a""b;c"   TEXT
);
CREATE INDEX "index; it's" ON "order" ("from; to", größe);
INSERT INTO "order" ("select", [from; to], `gr``oup`, größe, "a""b;c") VALUES (1, 'a;b', 'g', 1.5, '"');

CREATE TABLE t$x ("begin" TEXT, "end" TEXT, begin_ TEXT, end$ TEXT);
INSERT INTO t$x VALUES ('b', 'e', 'b_', 'e$');
