-- 20260106 create views: undo

DROP TRIGGER big_galleries_update;
DROP VIEW big_galleries;
DROP VIEW gallery_sizes;
