-- 20260111 create search: undo

DROP TRIGGER gallery_search_delete;
DROP TRIGGER gallery_search_insert;
DROP TABLE gallery_search;
