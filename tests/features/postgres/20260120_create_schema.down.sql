-- 20260120 create schema: undo

SET search_path = archive, public;
DROP FUNCTION total();
DROP TABLE galleries;
DROP TYPE state;
DROP SCHEMA archive;
DROP SCHEMA "Größe; x" CASCADE;
