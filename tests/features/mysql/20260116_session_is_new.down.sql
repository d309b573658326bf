-- 20260116 session is new: undo

DROP TABLE scratches;
