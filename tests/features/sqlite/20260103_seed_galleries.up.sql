-- 20260103 seed galleries
--
-- Shows  Rows only: per cent signs, :name, ?, backslashes, quotes, a line break, beyond ASCII.

INSERT INTO galleries (slug, title, visibility) VALUES
    ('percent', '100% of %s and %(name)s; 50%%', 'public'),
    ('markers', ':name, :''name'', @name, $name, ?, ?1 and a[1:n]', 'a;b'),
    ('slashes', 'C:\temp\new\', 'private'),
    ('quotes', 'it''s "here"; `there` [and there]', 'private'),
    ('lines', 'first
second; -- no comment
/* nor this */ third', 'private'),
    ('emoji', 'Grüße aus Zürich 🏔️ — 日本', 'public');

INSERT INTO images (id, gallery_id, cover_of, path, bytes)
SELECT n, 1 + n % 6, NULL, 'p/' || n || '.jpg', n * 1000 FROM (
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20)
    SELECT n FROM numbers
);

INSERT INTO image_tags (image_id, tag) VALUES (1, 'Sea'), (1, 'sky'), (2, 'sea'), (3, 'ünïcode');
