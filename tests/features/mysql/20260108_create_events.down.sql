-- 20260108 create events: undo

DROP EVENT once;
DROP EVENT tidy_up;
