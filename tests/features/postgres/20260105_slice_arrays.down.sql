-- 20260105 slice arrays: undo

DROP TABLE slices;
