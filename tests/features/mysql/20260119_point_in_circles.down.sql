-- 20260119 point in circles: undo

SET foreign_key_checks = 0;
DROP TABLE eggs;
DROP TABLE chickens;
