-- 20260201 restore dump: undo

DROP VIEW dumped_view;
DROP TABLE dumped;
