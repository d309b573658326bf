-- three applied: what 1.0.0 left behind on mysql 9.7.4 (tests/histories/make.py)

CREATE TABLE `schema_migrations` (
    version VARCHAR(64) NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, checksum CHAR(64) NOT NULL,
    down_sql LONGTEXT, dirty BOOLEAN NOT NULL, direction VARCHAR(4) NOT NULL, statements INTEGER NOT NULL,
    statements_done INTEGER NOT NULL, done_checksum CHAR(64) NOT NULL, owner VARCHAR(255), applied_at DATETIME(3) NOT NULL,
    took_ms BIGINT NOT NULL, applied_by VARCHAR(255) NOT NULL, tool VARCHAR(64) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE `schema_migrations_log` (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, at DATETIME(3) NOT NULL, version VARCHAR(64) NOT NULL, name VARCHAR(255) NOT NULL,
    action VARCHAR(16) NOT NULL, outcome VARCHAR(16) NOT NULL, took_ms BIGINT NOT NULL,
    applied_by VARCHAR(255) NOT NULL, tool VARCHAR(64) NOT NULL, error LONGTEXT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE steps (
    migration VARCHAR(20) NOT NULL,
    number    INTEGER     NOT NULL
);

CREATE TABLE cities (
    id   INTEGER     NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL
);

ALTER TABLE cities ADD COLUMN country CHAR(2);

INSERT INTO schema_migrations
    (version, name, checksum, down_sql, dirty, direction, statements, statements_done, done_checksum, owner, applied_at, took_ms, applied_by, tool)
VALUES
    ('20250101', 'create_steps', '16ff88658537b909da957d664f70262a08e42a826b950795456c6769b524d978', 'DROP TABLE steps;
', 0, 'up', 1, 1, '16ff88658537b909da957d664f70262a08e42a826b950795456c6769b524d978', NULL, '2025-11-02 07:39:01.744', 3, 'ci@builder', 'migrate 1.0.0'),
    ('20250201093000', 'create_cities', 'eb96b4a438b2be50615f1b41b85db4c5d9bc17cf572958bc9cd832d7ff6b4500', '-- migrate: no-transaction
INSERT INTO steps (migration, number) VALUES (''cities down'', 1);
DROP TABLE cities;
INSERT INTO steps (migration, number) VALUES (''cities down'', 3);
INSERT INTO steps (migration, number) VALUES (''cities down'', 4);
', 0, 'up', 4, 4, 'eb96b4a438b2be50615f1b41b85db4c5d9bc17cf572958bc9cd832d7ff6b4500', NULL, '2025-11-02 07:39:01.747', 3, 'ci@builder', 'migrate 1.0.0'),
    ('20250301', 'tend_cities', '9edda8664c978383638c8a58e1f40fc601dc1a1cc8e719788d549ba2776eae44', 'ALTER TABLE cities DROP COLUMN country;
', 0, 'up', 3, 3, '9edda8664c978383638c8a58e1f40fc601dc1a1cc8e719788d549ba2776eae44', NULL, '2025-11-02 07:39:01.751', 2, 'ci@builder', 'migrate 1.0.0');

INSERT INTO schema_migrations_log
    (at, version, name, action, outcome, took_ms, applied_by, tool, error)
VALUES
    ('2025-11-02 07:39:01.747', '20250101', 'create_steps', 'up', 'ok', 3, 'ci@builder', 'migrate 1.0.0', NULL),
    ('2025-11-02 07:39:01.750', '20250201093000', 'create_cities', 'up', 'ok', 3, 'ci@builder', 'migrate 1.0.0', NULL),
    ('2025-11-02 07:39:01.753', '20250301', 'tend_cities', 'up', 'ok', 2, 'ci@builder', 'migrate 1.0.0', NULL);

INSERT INTO cities
    (id, name, country)
VALUES
    (1, 'Zürich', NULL);

INSERT INTO steps
    (migration, number)
VALUES
    ('alone up', 1),
    ('alone up', 3),
    ('cities up', 1),
    ('cities up', 4);
