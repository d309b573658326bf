-- 20261127143345 x: undo
--
-- Loses

