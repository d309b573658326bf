-- 20260119 create rules and policies: undo

DROP TABLE notes;
DROP TABLE notes_log;
