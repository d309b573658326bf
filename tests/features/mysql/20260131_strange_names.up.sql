-- 20260131 strange names
--
-- Shows  Reserved words, letters beyond ASCII, semicolons and quotes in names.

CREATE TABLE `order` (
    `select`    INTEGER PRIMARY KEY,
    `from; to`  VARCHAR(50),
    `straße`    VARCHAR(50) DEFAULT 'ä',
    größe       DOUBLE,
    `a``b;c`    VARCHAR(50),
    `it's`      VARCHAR(50),
    $dollar     INTEGER
);
CREATE INDEX `index; it's` ON `order` (`from; to`, größe);
INSERT INTO `order` (`select`, `from; to`, größe, `a``b;c`, `it's`) VALUES (1, 'a;b', 1.5, '`', "'");
