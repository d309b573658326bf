-- 20260123 write in many ways: undo

DROP TABLE hits;
