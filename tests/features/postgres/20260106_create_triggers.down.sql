-- 20260106 create triggers: undo

DROP TRIGGER galleries_off ON galleries;
DROP TRIGGER galleries_late ON galleries;
DROP TRIGGER galleries_count ON galleries;
DROP TRIGGER galleries_record ON galleries;
DROP FUNCTION record_count();
DROP FUNCTION record_event();
DROP TABLE events;
UPDATE galleries SET slug = rtrim(slug, '2') WHERE slug IN ('lines2', 'emoji2');
