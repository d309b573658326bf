-- The notes are lost.
DROP TABLE notes;
