-- 20260203 transact inside: undo

DROP PROCEDURE fill_batches();
DROP TABLE batches;
