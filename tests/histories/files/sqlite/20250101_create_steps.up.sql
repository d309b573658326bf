-- 20250101 create steps: a row for each statement that has run
CREATE TABLE steps (
    migration VARCHAR(20) NOT NULL,
    number    INTEGER     NOT NULL
);
