-- 20261127143345 x
--
-- Why
-- Locks
-- Undo

