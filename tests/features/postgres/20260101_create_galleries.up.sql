-- 20260101 create galleries
--
-- Shows  Identity, named constraints, a sequence of its own, comments on objects.

CREATE SEQUENCE order_numbers START 1000 INCREMENT BY 5 MAXVALUE 9999 CYCLE;

CREATE TABLE galleries (
    id          BIGINT  GENERATED ALWAYS AS IDENTITY,
    slug        TEXT    NOT NULL,
    title       TEXT    NOT NULL DEFAULT 'it''s "untitled"; really',  /* a semicolon; and a ' */
    weight      NUMERIC(6, 3) NOT NULL DEFAULT (1.0 / 2),
    number      INTEGER NOT NULL DEFAULT nextval('order_numbers'),
    visibility  TEXT    NOT NULL DEFAULT 'private',
    CONSTRAINT galleries_pk               PRIMARY KEY (id),
    CONSTRAINT galleries_slug_key         UNIQUE (slug),
    CONSTRAINT galleries_visibility_check CHECK (visibility IN ('private', 'public', 'a;b'))
);
ALTER SEQUENCE order_numbers OWNED BY galleries.number;

COMMENT ON TABLE galleries IS 'What people look at; it''s 100% "public" or not';
COMMENT ON COLUMN galleries.slug IS E'Part of the URL\nof a gallery';
