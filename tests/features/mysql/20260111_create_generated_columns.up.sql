-- 20260111 create generated columns

CREATE TABLE formats (
    width   INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    area    INTEGER GENERATED ALWAYS AS (width * height) STORED,
    ratio   VARCHAR(50) AS (CONCAT(width, ':', height, '; 100%')) VIRTUAL COMMENT 'a;b',
    data    JSON,
    title   VARCHAR(50) AS (JSON_UNQUOTE(JSON_EXTRACT(data, '$.title'))),
    KEY formats_area_idx (area)
);
INSERT INTO formats (width, height, data) VALUES (4, 3, '{"title": "TV; old"}'), (16, 9, NULL);
