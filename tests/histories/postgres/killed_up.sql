-- killed up: what 1.0.0 left behind on postgres 15.18 (tests/histories/make.py)

CREATE TABLE "schema_migrations" (
    version VARCHAR(64) NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, checksum CHAR(64) NOT NULL,
    down_sql TEXT, dirty BOOLEAN NOT NULL, direction VARCHAR(4) NOT NULL, statements INTEGER NOT NULL,
    statements_done INTEGER NOT NULL, done_checksum CHAR(64) NOT NULL, owner VARCHAR(255), applied_at TIMESTAMP(3) NOT NULL,
    took_ms BIGINT NOT NULL, applied_by VARCHAR(255) NOT NULL, tool VARCHAR(64) NOT NULL
);

CREATE TABLE "schema_migrations_log" (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at TIMESTAMP(3) NOT NULL, version VARCHAR(64) NOT NULL, name VARCHAR(255) NOT NULL,
    action VARCHAR(16) NOT NULL, outcome VARCHAR(16) NOT NULL, took_ms BIGINT NOT NULL,
    applied_by VARCHAR(255) NOT NULL, tool VARCHAR(64) NOT NULL, error TEXT
);

CREATE TABLE steps (
    migration VARCHAR(20) NOT NULL,
    number    INTEGER     NOT NULL
);

CREATE TABLE cities (
    id   INTEGER     NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL
);

INSERT INTO schema_migrations
    (version, name, checksum, down_sql, dirty, direction, statements, statements_done, done_checksum, owner, applied_at, took_ms, applied_by, tool)
VALUES
    ('20250101', 'create_steps', '16ff88658537b909da957d664f70262a08e42a826b950795456c6769b524d978', 'DROP TABLE steps;
', false, 'up', 1, 1, '16ff88658537b909da957d664f70262a08e42a826b950795456c6769b524d978', NULL, '2025-11-02 07:38:29.207', 1, 'ci@builder', 'migrate 1.0.0'),
    ('20250201093000', 'create_cities', 'eb96b4a438b2be50615f1b41b85db4c5d9bc17cf572958bc9cd832d7ff6b4500', '-- migrate: no-transaction
INSERT INTO steps (migration, number) VALUES (''cities down'', 1);
DROP TABLE cities;
INSERT INTO steps (migration, number) VALUES (''cities down'', 3);
INSERT INTO steps (migration, number) VALUES (''cities down'', 4);
', true, 'up', 4, 2, '2ae5fba58ffb5d4936d3d657c623ef9143413cb04b19f939b70734eeb3c6060b', 'ci@builder, pid 4242', '2025-11-02 07:38:29.372', 0, 'ci@builder', 'migrate 1.0.0');

INSERT INTO schema_migrations_log
    (at, version, name, action, outcome, took_ms, applied_by, tool, error)
VALUES
    ('2025-11-02 07:38:29.207', '20250101', 'create_steps', 'up', 'ok', 1, 'ci@builder', 'migrate 1.0.0', NULL);

INSERT INTO steps
    (migration, number)
VALUES
    ('cities up', 1);
