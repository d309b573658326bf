-- 20260129 write in many ways: undo

DROP TABLE hits;
