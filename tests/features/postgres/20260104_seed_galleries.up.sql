-- 20260104 seed galleries
--
-- Shows  Rows only: per cent signs, :name and :'name' in texts, backslashes, quotes, a line break, beyond ASCII.

INSERT INTO galleries (slug, title, visibility) VALUES
    ('percent', '100% of %s and %(name)s; 50%%', 'public'),
    ('markers', ':name, :''name'', :"name", :PORT, :{?PORT}, $1, ?, @x', 'a;b'),
    ('slashes', 'C:\temp\new\', 'private'),
    ('escapes', E'it\'s \\ one;\t\u00e9 \x41', 'private'),
    ('unicode', U&'d\0061t\+000061; \\', 'private'),
    ('other', U&'!0061;' UESCAPE '!', 'private'),
    ('dollars', $$it's "here"; \ $1 $$, 'private'),
    ('tagged', $ä1$ $$;$$ 'quoted' $ä1$, 'private'),
    ('lines', 'first
second; -- no comment
/* nor this */ third', 'private'),
    ('joined', 'one; '
        'and two', 'private'),
    ('emoji', 'Grüße aus Zürich 🏔️ — 日本', 'public');
