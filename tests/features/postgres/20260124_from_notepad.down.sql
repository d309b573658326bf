DROP TABLE notepad;
