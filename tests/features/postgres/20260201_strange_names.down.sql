-- 20260201 strange names: undo

DROP TABLE a$b$c;
DROP TABLE "order";
