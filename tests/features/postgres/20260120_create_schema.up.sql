-- 20260120 create schema
--
-- Shows  A search path that must not reach the next file, nor hide the history.

CREATE SCHEMA archive;
CREATE SCHEMA "Größe; x" CREATE TABLE inside (n INTEGER) CREATE VIEW above AS SELECT n FROM inside;
SET search_path = archive;
CREATE TYPE state AS ENUM ('kept', 'lost');
CREATE TABLE galleries (slug TEXT PRIMARY KEY, state state DEFAULT 'kept');
INSERT INTO galleries (slug) SELECT slug FROM public.galleries WHERE visibility = 'public';
CREATE FUNCTION total() RETURNS BIGINT LANGUAGE sql AS $$ SELECT count(*) FROM archive.galleries $$;
