-- 20260103 seed galleries
--
-- Shows  Rows only: per cent signs, :name, ?, backslashes, quotes of every kind, a line break, beyond ASCII.

INSERT INTO galleries (id, slug, title, visibility) VALUES
    (1, 'percent', '100% of %s and %(name)s; 50%%', 'public'),
    (2, 'markers', ':name, :''name'', ?, @x, @@y, $1, #z', 'a;b'),
    (3, 'slashes', 'C:\\temp\\new\\; \n \% \_ \'', 'private'),
    (4, "double", "it's ""here""; \"there\" `too`", 'private'),
    (5, 'lines', 'first
second; -- no comment
/* nor this */ # nor this
third', 'private'),
    (6, 'joined', 'one; '
        'and two', 'private'),
    (7, 'literals', CONCAT(_utf8mb4'x;y', X'3B', 0x3b27, N'n;', b'1000001'), 'private'),
    (8, 'emoji', 'Grüße aus Zürich 🏔️ — 日本', 'public'), (9, 'minus', 5--1, 'private');

INSERT INTO images (id, gallery_id, path, bytes)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20)
SELECT n, 1 + n MOD 8, CONCAT('p/', n, '.jpg'), n * 1000 FROM numbers;

INSERT INTO image_tags (image_id, tag) VALUES (1, 'Sea'), (1, 'sky'), (2, 'sea'), (3, 'ünïcode');
