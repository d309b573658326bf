-- 20260130 point in circles: undo

DROP TABLE eggs;
DROP TABLE chickens;
