"""A database is a class: what it must give, and that all else of the tool knows it from that class alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIRED = sorted(migrate.Database.__abstractmethods__)


@pytest.fixture(autouse=True)
def _only_here() -> Iterator[None]:
    """Forget the classes that a test has made."""
    tables: list[dict[str, Any]] = [migrate.DATABASES, migrate.DIALECT_BY_SCHEME]
    before = [{**table} for table in tables]
    yield
    for table, kept in zip(tables, before, strict=True):
        table.clear()
        table.update(kept)


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_class_without_something_that_it_must_give_cannot_be_made(missing: str) -> None:
    given = {name: vars(migrate.SQLite)[name] for name in REQUIRED}
    url = migrate.DatabaseURL("sqlite", "a.db")
    assert type("Whole", (migrate.Database,), given)(url)
    del given[missing]
    with pytest.raises(TypeError, match=rf"\b{missing}\b"):
        type("Half", (migrate.Database,), given)(url)


def test_at_most_about_a_dozen_things_must_be_given() -> None:
    assert len(REQUIRED) <= 12


def test_a_fourth_database_is_known_by_its_class_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fourth(migrate.SQLite):
        schemes, label, url_form = "fourth quattro", "Fourth", "fourth:./app.db"

    monkeypatch.chdir(tmp_path)
    for dialect in ("fourth", "sqlite"):
        folder = tmp_path / "sql" / dialect
        folder.mkdir(parents=True)
        (folder / "1_a.up.sql").write_text(f"CREATE TABLE {dialect} (n INTEGER);\n", encoding="utf-8")
        (folder / "1_a.down.sql").write_text(f"DROP TABLE {dialect};\n", encoding="utf-8")
        (folder / "2_b.up.sql").write_text("-- migrate: only sqlite, quattro\nSELECT 1;\n", encoding="utf-8")
    url = migrate.DatabaseURL.parse("quattro:./app.db")
    settings = migrate.Settings(url, Path("sql"))
    assert (str(url), url.dialect, url.is_file) == ("fourth:./app.db", "fourth", True)
    assert [each.what for each in migrate.check(settings)] == ["no down file: it cannot be undone"] * 2
    assert [each.version for each in migrate.up(settings)] == ["1", "2"]
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.plan_script(settings)
    assert str(caught.value) == (
        "plan --sql knows nothing of Fourth\n"
        "  --> fourth:./app.db\n"
        "fix: read its files with  migrate plan -v  and try them on a copy of the Fourth database"
    )
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.DatabaseURL.parse("fifth://db/app")
    forms = "postgres://user:password@host:5432/name, mysql://user:password@host:3306/name or fourth:./app.db"
    assert caught.value.fix == f"write sqlite:./app.db, {forms}"
