-- 20260101 create galleries
--
-- Shows  Named constraints, comments on columns and tables, character sets, defaults that are expressions.

CREATE TABLE galleries (
    id          BIGINT       NOT NULL AUTO_INCREMENT,  # never reused
    slug        VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'part of the URL; it''s short',
    title       VARCHAR(200) NOT NULL DEFAULT 'it''s "untitled"; really',  /* a semicolon; and a ' */
    weight      DECIMAL(6,3) NOT NULL DEFAULT (1.0 / 2),
    visibility  ENUM('private', 'public', 'a;b') NOT NULL DEFAULT 'private',
    flags       SET('x', 'y') NULL,
    CONSTRAINT galleries_pk PRIMARY KEY (id),
    CONSTRAINT galleries_slug_key UNIQUE (slug),
    CONSTRAINT galleries_weight_check CHECK (weight >= 0 AND title <> ';')
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='what people look at; 100%';
