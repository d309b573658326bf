-- 20260108 create generated columns

CREATE TABLE formats (
    width   INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    area    INTEGER GENERATED ALWAYS AS (width * height) STORED,
    ratio   TEXT    AS (printf('%d:%d; %.2f%%', width, height, 100.0 * width / height)) VIRTUAL
);
INSERT INTO formats (width, height) VALUES (4, 3), (16, 9), (1, 1);
