-- 20260111 create search
--
-- Shows  A virtual table, FTS5, fed by triggers.

CREATE VIRTUAL TABLE gallery_search USING fts5 (slug, title, tokenize = 'unicode61 remove_diacritics 2');

CREATE TRIGGER gallery_search_insert AFTER INSERT ON galleries BEGIN
    INSERT INTO gallery_search (rowid, slug, title) VALUES (new.id, new.slug, new.title);
END;
CREATE TRIGGER gallery_search_delete AFTER DELETE ON galleries BEGIN
    DELETE FROM gallery_search WHERE rowid = old.id;
END;

INSERT INTO gallery_search (rowid, slug, title) SELECT id, slug, title FROM galleries;
INSERT INTO gallery_search (gallery_search) VALUES ('optimize');
