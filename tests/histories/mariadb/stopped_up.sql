-- stopped up: what 1.0.0 left behind on mariadb 10.11.19 (tests/histories/make.py)

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

INSERT INTO schema_migrations
    (version, name, checksum, down_sql, dirty, direction, statements, statements_done, done_checksum, owner, applied_at, took_ms, applied_by, tool)
VALUES
    ('20250101', 'create_steps', '16ff88658537b909da957d664f70262a08e42a826b950795456c6769b524d978', 'DROP TABLE steps;
', 0, 'up', 1, 1, '16ff88658537b909da957d664f70262a08e42a826b950795456c6769b524d978', NULL, '2025-11-02 07:38:45.225', 1, 'ci@builder', 'migrate 1.0.0'),
    ('20250201093000', 'create_cities', 'd0715ecf5082da41a3075b34f108db9d485d3800619043408282a5dfeeec96ad', '-- migrate: no-transaction
INSERT INTO steps (migration, number) VALUES (''cities down'', 1);
DROP TABLE cities;
INSERT INTO stebs (migration, number) VALUES (''cities down'', 3);
INSERT INTO steps (migration, number) VALUES (''cities down'', 4);
', 1, 'up', 4, 2, '2ae5fba58ffb5d4936d3d657c623ef9143413cb04b19f939b70734eeb3c6060b', 'ci@builder, pid 4242', '2025-11-02 07:38:45.227', 0, 'ci@builder', 'migrate 1.0.0');

INSERT INTO schema_migrations_log
    (at, version, name, action, outcome, took_ms, applied_by, tool, error)
VALUES
    ('2025-11-02 07:38:45.226', '20250101', 'create_steps', 'up', 'ok', 1, 'ci@builder', 'migrate 1.0.0', NULL),
    ('2025-11-02 07:38:45.229', '20250201093000', 'create_cities', 'up', 'failed', 0, 'ci@builder', 'migrate 1.0.0', 'Table ''app.citys'' doesn''t exist');

INSERT INTO steps
    (migration, number)
VALUES
    ('cities up', 1);
