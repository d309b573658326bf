-- 20260121 restore dump
--
-- Shows  The head of a file that pg_dump wrote: an empty search path, names with their schema.

\restrict cRQf9rV0q3NbPkoI7Vz2

SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;

CREATE TABLE public.dumped (
    id integer NOT NULL,
    name text DEFAULT 'x'::text
);
CREATE SEQUENCE public.dumped_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.dumped_id_seq OWNED BY public.dumped.id;
ALTER TABLE ONLY public.dumped ALTER COLUMN id SET DEFAULT nextval('public.dumped_id_seq'::regclass);
INSERT INTO public.dumped VALUES (1, 'one;');
COPY public.dumped (id, name) FROM stdin;
6	it's; "not" $$ SQL
7	\N
\.

SELECT pg_catalog.setval('public.dumped_id_seq', 7, true);
ALTER TABLE ONLY public.dumped
    ADD CONSTRAINT dumped_pkey PRIMARY KEY (id);

\unrestrict cRQf9rV0q3NbPkoI7Vz2
