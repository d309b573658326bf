-- 20260107 create views: undo

DROP MATERIALIZED VIEW visibility_counts;
DROP VIEW public_galleries;
DROP VIEW numbers;
DROP VIEW gallery_ranks;
