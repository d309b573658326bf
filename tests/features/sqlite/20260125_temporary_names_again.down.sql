-- 20260125 temporary names again: undo

DROP TABLE scratches;
