-- 20260106 create views: undo

DROP VIEW big_galleries, public_galleries;
DROP VIEW gallery_sizes;
