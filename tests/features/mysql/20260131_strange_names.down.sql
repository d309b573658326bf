-- 20260131 strange names: undo

DROP TABLE `order`;
