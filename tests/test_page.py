"""``plan --format html``: a page for a change ticket, that shows texts as texts, asks for nothing, and fits a phone."""

from __future__ import annotations

import hashlib
import re
import subprocess
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from browser import Browser
from desk import THREE, Desk
from hypothesis import given
from hypothesis import strategies as st
from rig import program

import migrate
from migrate_review.page import html_listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = "x" * 300
ATTACK = """-- </script><script>alert(1)</script><b>bold</b> <img src="http://evil.example/a.png"> &amp; & @import
CREATE TABLE wide (a TEXT DEFAULT '</code></pre><b>&lt;"', b TEXT DEFAULT '%s'); DROP TABLE IF EXISTS gone;

ALTER TABLE wide DROP COLUMN b;
"""
FILES = THREE | {
    "sql/4_four.up.sql": ATTACK.replace("%s", LONG),
    "sql/5_five.up.sql": "-- migrate: no-transaction\r\nANALYZE;\r\nVACUUM;\r\n",
    "sql/5_five.down.sql": "-- nothing\n",
    "sql/6_empty.up.sql": "",
}


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = Desk.start(tmp_path, monkeypatch, capsys)
    desk.write(FILES)
    return desk


def page(desk: Desk, *words: str) -> str:
    ran = desk.here(*(words or ("plan",)), "--format", "html")
    assert ran.exit == 0, ran.err
    return ran.out


class Read(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and the text in some of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "wbr"}:
            self.open.append("note" if dict(attrs).get("class") == "f" else tag)
            self.texts.setdefault(self.open[-1], []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() in {tag, "note"}  # all is closed, and in order

    def handle_data(self, data: str) -> None:
        for tag in {"note"} if "note" in self.open else {*self.open}:  # what was found is no part of the SQL
            self.texts[tag][-1] += data


def test_every_step_is_there_with_its_text_its_way_back_and_their_checksums(desk: Desk) -> None:
    text = page(desk)
    read = Read(text)
    assert [about["id"] for tag, about in read.elements if tag == "section"] == [f"step-{n}" for n in range(1, 7)]
    titles = ["1 one", "2 two", "3 three", "4 four", "5 five", "6 empty"]
    assert read.texts["h2"] == [f"{number}. {title}" for number, title in enumerate(titles, 1)]
    for name, sql in FILES.items():
        assert hashlib.sha256(sql.replace("\r\n", "\n").encode()).hexdigest() in text, name
        assert (sql.replace("\r\n", "\n") or "\n") in read.texts["pre"], name
    assert "There is no down file." in text
    assert "no statements in this file" in text
    assert "One transaction: if a statement fails, SQLite rolls the whole file back." in text
    assert "Statement by statement, in no transaction" in text
    facts = dict(zip(read.texts["dt"], read.texts["dd"], strict=True))
    assert facts["Plan"] == "6 migrations, 9 statements, from an empty history to 6"
    assert facts["No down file"] == "4, 6"
    assert facts["Findings"].startswith("cannot be undone: 2, rewrites: 2, locks: ")
    assert re.fullmatch(r"\S+@\S+, \d{4}-\d\d-\d\d \d\d:\d\d UTC, migrate 1\.0\.0", facts["Made by"])


def test_findings_are_linked_to_their_line_and_to_what_says_so(desk: Desk) -> None:
    text = page(desk)
    ids = [str(about["id"]) for _, about in Read(text).elements if "id" in about]
    assert len(ids) == len(set(ids))
    targets = re.findall(r'<a href="#([^"]+)"', text)
    assert "line-4-up-4" in targets
    assert set(targets) <= set(ids)
    assert '<a href="https://www.sqlite.org/lang_droptable.html">www.sqlite.org/lang_droptable.html</a>' in text
    line = text[text.index('id="line-4-up-4"') :].partition("line-4-up-5")[0]
    assert "the data of the column is purged" in line
    # Two statements in line 2, and the third in line 4.
    assert 'id="line-4-up-2" data-n="(1)(2) 2"' in text
    assert 'id="line-4-up-4" data-n="   (3) 4"' in text


def test_a_finding_is_at_each_line_that_it_is_true_of(desk: Desk) -> None:
    desk.write(
        {"sql/7_seven.up.sql": "CREATE TABLE a (n INTEGER);\n" + "INSERT INTO a VALUES (1);\n" * 3 + "DROP TABLE a;\n"}
    )
    text = page(desk, "plan")
    lines = re.split('id="line-7-up-(\\d)"', text.partition('id="step-7"')[2].partition("</figure>")[0])
    notes = {number: re.findall('<span class="(?:mild|loud)">(.*?)</span>', rest)
             for number, rest in zip(lines[1::2], lines[2::2], strict=True)}  # fmt: skip
    locks = "<b>locks</b> the database against every other writer"
    assert notes == {
        "1": [locks],
        "2": [f"{locks}; the same for 2 more statements below"],
        "3": [],
        "4": [],
        "5": ["<b>cannot be undone</b> the table cannot be recovered", locks],
    }


SOME_WAY_BACK = FILES | {"sql/6_empty.down.sql": "", "sql/4_four.down.sql": "SELECT 1;"}


@pytest.mark.parametrize(
    ("files", "before", "words", "shown"),
    [
        (THREE, ["up", "1"], ["plan"], ("<code>{0} up --to 3</code>", "<code>{0} down --to 1</code>")),
        (THREE, ["status"], ["plan", "2"], ("<code>{0} up --to 2</code>", "<code>{0} down --all</code>")),
        (THREE, ["up"], ["plan", "down", "2"], ("<code>{0} down --to 1</code>", "<code>{0} up --to 3</code>")),
        (THREE, ["up"], ["down", "--all", "--dry-run"], ("<code>{0} down --all</code>", "<code>{0} up --to 3</code>")),
        (FILES, ["up", "1"], ["plan"], ("<code>{0} up --to 6</code>", "no command: 6 has no down file")),
        (FILES, ["up", "1"], ["plan", "4"],
         ("<code>{0} up --to 5</code>", "<code>{0} down --to 4</code>, as 4 has no down file")),
        (SOME_WAY_BACK, ["up", "4"], ["plan"], ("<code>{0} up --to 6</code>", "<code>{0} down --to 4</code>")),
    ],
    ids=["up", "from nothing", "down", "to nothing", "no way back", "half a way back", "all the way back"],
)  # fmt: skip
def test_the_commands_to_run_and_to_go_back_are_there(
    desk: Desk, files: dict[str, str], before: list[str], words: list[str], shown: tuple[str, str]
) -> None:
    for path in (desk.home / "sql").iterdir():
        path.unlink()
    desk.write(files)
    assert desk.here(*before).exit == 0
    run, back = (each.format("imagor-studio-migrate") for each in shown)
    assert f"<dt>To run it</dt><dd>{run}</dd>\n<dt>To go back</dt><dd>{back}</dd>" in page(desk, *words)
    at = desk.here("--format", "json", "status").document["current"]
    for command in re.findall("<code>[a-z-]+ (.*)</code>", f"{run}\n{back}"):
        assert desk.here(*command.split(), *(["--yes"] * command.startswith("down"))).exit == 0
    returned = desk.here("--format", "json", "status").document["current"] == at
    assert returned == back.endswith("</code>")


def test_the_commands_say_when_there_is_no_way_back(desk: Desk) -> None:
    assert desk.here("up", "2").exit == 0
    desk.write({"sql/0_zero.up.sql": "SELECT 1;", "sql/0_zero.down.sql": "SELECT 1;"})
    text = page(desk, "plan", "--out-of-order", "2")
    assert "<dd><code>imagor-studio-migrate up --to 3 --out-of-order</code></dd>" in text
    assert "<dd>no command: 0 lies below 2, which was applied before</dd>" in text
    (desk.home / "sql/2_two.up.sql").unlink()
    (desk.home / "sql/2_two.down.sql").unlink()
    assert "<dt>To go back</dt><dd>no command: 2 has no up file here</dd>" in page(desk, "plan", "down")


def test_the_commands_are_as_they_were_typed_and_hold_no_password(desk: Desk) -> None:
    ran = desk("--database-url", "sqlite:app.db", "--dir", "sql", "plan", "1", "--format", "html")
    command = "imagor-studio-migrate --database-url sqlite:app.db --dir sql up --to 1"
    assert f"<dt>To run it</dt><dd><code>{command}</code></dd>" in ran.out


def test_a_text_is_shown_as_a_text(desk: Desk) -> None:
    desk.write({"sql/7_a&<b>.up.sql": "SELECT 1;\n"})
    read = Read(page(desk))
    assert {tag for tag, _ in read.elements}.isdisjoint({"script", "img", "link", "iframe", "object", "form", "base"})
    assert not any("bold" in each for each in read.texts["b"])
    assert any("</script><script>alert(1)</script><b>bold</b> <img src=" in each for each in read.texts["pre"])
    assert "7. 7 a&<b>" in read.texts["h2"]


def test_what_would_hide_in_a_browser_is_made_visible(desk: Desk) -> None:
    desk.write({"sql/7_x.up.sql": "SELECT 1; -- \u202e;2 TCELES\u200b\r-- \x0bx\n"})
    text = page(desk)
    assert "⟨U+202E⟩" in text
    assert "⟨U+200B⟩" in text
    assert "␍" in text
    assert "⟨U+000B⟩" in text
    assert "\u202e" not in text


def test_nothing_is_referred_to_but_by_links_that_a_person_follows(desk: Desk) -> None:
    text = page(desk)
    for tag, about in Read(text).elements:
        assert about.keys().isdisjoint({"src", "srcset", "data", "style", "onload", "onclick", "background"}), tag
        assert "href" not in about or (tag == "a" and str(about["href"]).startswith(("#", "https://"))), tag
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import|@font-face|http", style)
    assert "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_a_text_can_be_read(desk: Desk, scheme: str) -> None:
    """WCAG AA: 4.5 to 1."""

    def light(name: str) -> float:
        digits = colours[name].lstrip("#")
        digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    rules = re.findall(r":root \{ color-scheme: (\w+);([^}]+)\}", page(desk))
    colours = dict(re.findall(r"--(\w+): (#\w+)", dict(rules)[scheme]))
    for paper in ("paper", "code", "mark"):
        for ink in ("ink", "dim", "blue", "green", "violet", "warn"):
            low, high = sorted([light(paper), light(ink)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, f"{ink} on {paper}"


def test_the_page_has_the_status_and_says_when_there_is_nothing_to_do(desk: Desk) -> None:
    assert desk.here("up", "2").exit == 0
    text = page(desk, "up", "--dry-run", "--to", "3")
    assert "<summary>Status: 2 applied, 4 pending</summary>" in text
    assert "<dd>1 migration, 1 statement, from 2 to 3</dd>" in text
    assert desk.here("up").exit == 0
    ran = desk.here("plan", "--format", "html")
    assert "<dd>nothing to do, at 6</dd>" in ran.out
    assert "<details open>" in ran.out
    assert "<section" not in ran.out
    assert ran.err == "nothing to do\n"


def test_a_way_back_is_shown_beside_what_it_takes_back(desk: Desk) -> None:
    assert desk.here("up", "3").exit == 0
    text = page(desk, "plan", "down", "2")
    read = Read(text)
    assert read.texts["h2"] == ["1. 3 three", "2. 2 two"]
    assert [each.rstrip("\n") for each in read.texts["pre"]][1::2] == [
        "CREATE TABLE three (id INTEGER);",
        "CREATE TABLE two (id INTEGER);\nINSERT INTO two VALUES (1);",
    ]
    assert "from 3 to 1</dd>" in text
    assert "from 3 to an empty history</dd>" in page(desk, "down", "--all", "--dry-run")


def test_a_file_that_stopped_half_way_says_where_it_goes_on(desk: Desk) -> None:
    desk.write({"sql/5_five.up.sql": "-- migrate: no-transaction\nANALYZE;\nSELECT wrong;\n"})
    assert desk.here("up").exit == 1
    desk.write({"sql/5_five.up.sql": "-- migrate: no-transaction\nANALYZE;\nSELECT 1;\n"})
    text = page(desk)
    assert (
        "1 statement ran on an earlier run, and has a \u2713 in the margin.</p>\n<p>goes on with statement 2 of 2</p>"
        in text
    )
    assert 'data-n="(1\u2713) 2"' in text
    assert 'data-n="    (2) 3"'.replace("    (2)", " (2)") in text
    assert "from 4 to 6</dd>" in text
    assert "dirty (1 of 2)" in text


@pytest.mark.parametrize(
    "words",
    [["status"], ["up"], ["down"], ["log"], ["check"], ["new", "x"], ["plan", "--sql"], ["reset", "--yes"], ["redo"]],
    ids=" ".join,
)
def test_no_other_command_makes_a_page(desk: Desk, words: list[str]) -> None:
    before = desk.names()
    ran = desk.here(*words, "--format", "html")
    assert ran.exit == 2
    assert ran.out == ""
    assert ran.err.splitlines() == [
        "error: html is a page about a plan, and of nothing else",
        "  --> --format html",
        "fix: write  imagor-studio-migrate plan --format html",
    ]
    assert desk.names() == before


def test_the_page_is_utf8_whatever_the_terminal_is_set_to(desk: Desk) -> None:
    desk.write({"sql/7_g.up.sql": "-- Grüße\n"})
    words = ["--database-url", "sqlite:app.db", "--dir", "sql", "plan", "--format", "html"]
    desk.set(PYTHONIOENCODING="ascii")
    assert "Grüße" in desk.process(*words, encoding="utf-8").stdout
    assert "app.db" not in desk.names()


@pytest.mark.databases("postgres", "mysql")
def test_no_password_is_in_it(desk: Desk, server_database: Any) -> None:
    ran = desk("--database-url", server_database.url, "--dir", "sql", "plan", "3", "--format", "html")
    assert ran.exit == 0, ran.err
    password = server_database.server.address.password
    assert password
    assert password not in ran.out
    assert ":***@" in ran.out
    assert len(re.findall("<section", ran.out)) == 3


LINES = st.text(st.sampled_from("ab'\"`$-/*#\\;\n\r\t<&é(1 "), max_size=60)


@given(sql=LINES, lexer=st.sampled_from([each.lexer for each in migrate.DATABASES.values()]))
def test_each_line_of_any_text_has_its_number(sql: str, lexer: str) -> None:
    shown = html_listing("", sql, lexer=lexer, step="1", begins={}, notes={})
    (text,) = Read(shown).texts["pre"]
    plain = sql.replace("\r\n", "\n").replace("\r", "␍")
    assert text == plain.removesuffix("\n") + "\n"
    lines = text.removesuffix("\n").split("\n")
    assert re.findall(r'id="line-1-(\d+)"', shown) == [str(number) for number in range(1, len(lines) + 1)]


def test_without_pygments_it_is_the_same_page_without_colours(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = page(desk)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    plain = page(desk)
    assert 'class="k"' in coloured
    assert 'class="k"' not in plain
    assert Read(plain).texts["pre"] == Read(coloured).texts["pre"]


# In a browser #########################################################################################################


@pytest.fixture(name="browser", scope="module")
def _browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(name="served")
def _served(desk: Desk) -> Iterator[tuple[str, list[str]]]:
    """The page on a server of this test, as its URL, and all that anybody asks that server for."""
    assert desk.here("up", "1").exit == 0
    desk.write({"www/plan.html": page(desk)})
    asked: list[str] = []

    class Server(SimpleHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=str(desk.home / "www"))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/plan.html", asked
        server.shutdown()


def said(browser: Browser, method: str) -> list[Any]:
    return [each["params"] for each in browser.events if each.get("method") == method]


def test_a_browser_shows_every_step_and_asks_for_the_page_alone(
    browser: Browser, served: tuple[str, list[str]]
) -> None:
    url, asked = served
    browser.open(url)
    sections = browser.value("[...document.querySelectorAll('section')].map(each => each.innerText)")
    assert [each.splitlines()[0] for each in sections] == [
        "1. 2 two", "2. 3 three", "3. 4 four", "4. 5 five", "5. 6 empty"
    ]  # fmt: skip
    visible = "[...document.querySelectorAll('section')].every(each => each.getBoundingClientRect().height > 80)"
    assert browser.value(visible)
    assert "</code></pre><b>&lt;" in sections[2]
    browser.call("Page.captureScreenshot")
    browser.pdf()
    assert asked == ["/plan.html"]
    assert [each["request"]["url"] for each in said(browser, "Network.requestWillBeSent")] == [url]
    assert said(browser, "Log.entryAdded") == []  # no complaint, of the policy or other
    assert browser.value("document.scripts.length") == 0


def test_the_policy_would_stop_what_got_in(browser: Browser, served: tuple[str, list[str]], desk: Desk) -> None:
    """That nothing was asked for is not luck: the same page, with all that could have slipped through put into it."""
    url, asked = served
    path = desk.home / "www" / "plan.html"
    evil = (
        '<script>document.title = "run"</script><img src="/i.png" onerror="document.title = 1"><link rel="stylesheet"'
    )
    evil += ' href="/s.css"><iframe src="/f"></iframe><p style="background: url(/b.png)">x</p><base href="/elsewhere/">'
    path.write_text(path.read_text().replace("<main>", f"<main>{evil}"))
    browser.open(url)
    assert asked == ["/plan.html"]
    assert browser.value("document.title").startswith("Migration plan, up: sqlite:")
    assert len(said(browser, "Log.entryAdded")) >= 4


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_code_scrolls_sideways_and_the_page_never(browser: Browser, served: tuple[str, list[str]], width: int) -> None:
    browser.open(served[0], width=width)
    assert browser.value("innerWidth") == width
    assert browser.value("document.documentElement.scrollWidth") <= width
    scrolled = "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth)"
    assert browser.value(f"{scrolled}.some(each => each.querySelector('pre'))")
    assert browser.value(f"{scrolled}.every(each => each.tabIndex == 0 && each.getAttribute('aria-label'))")
    tops = "[...document.querySelectorAll('.pair')[0].children].map(each => each.getBoundingClientRect().top)"
    up, down = browser.value(tops)
    assert (up == down) == (width >= 1024)  # side by side where there is room


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_column_of_a_table_is_cut(browser: Browser, served: tuple[str, list[str]], width: int) -> None:
    """Where there is no room for columns, a cell is a line that begins with the name of its column."""
    browser.open(served[0], width=width)
    browser.value("document.querySelector('details').open = true")
    tables = "[...document.querySelectorAll('.scroll')].filter(each => each.querySelector('table'))"
    assert browser.value(f"{tables}.length") == 2
    assert browser.value(f"{tables}.every(each => each.scrollWidth <= each.clientWidth)")
    label = browser.value("getComputedStyle(document.querySelector('td[data-of=version]'), '::before').content")
    assert (label != "none") == (width < 768)


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 28)")])
def test_it_is_light_or_dark_as_its_reader_prefers_and_light_on_paper(
    browser: Browser, served: tuple[str, list[str]], scheme: str, paper: str
) -> None:
    browser.open(served[0], scheme=scheme)
    background = "getComputedStyle(document.body).backgroundColor"
    assert browser.value(background) == paper
    browser.call(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    assert browser.value(background) == "rgb(255, 255, 255)"
    browser.call("Emulation.setEmulatedMedia", media="")


def test_what_is_copied_is_the_sql_alone(browser: Browser, served: tuple[str, list[str]]) -> None:
    browser.open(served[0])
    select = "getSelection().selectAllChildren(document.querySelector('#step-3 pre')), getSelection().toString()"
    assert browser.value(select).strip("\n") == FILES["sql/4_four.up.sql"].strip("\n")


def test_each_step_is_printed_on_a_page_of_its_own_after_the_status(
    browser: Browser, served: tuple[str, list[str]], tmp_path: Path
) -> None:
    pdftotext = program("pdftotext", "poppler-utils")
    browser.open(served[0], scheme="dark")
    (tmp_path / "plan.pdf").write_bytes(browser.pdf())
    subprocess.run([pdftotext, "-layout", "plan.pdf", "plan.txt"], cwd=tmp_path, check=True)
    pages = (tmp_path / "plan.txt").read_text().split("\f")[:-1]
    assert re.search(r"1 +one +applied", pages[0])  # the status, though it is folded on the screen
    assert [each.split("\n", 1)[0].strip() for each in pages[1:]] == [
        "1. 2 two", "2. 3 three", "3. 4 four", "4. 5 five", "5. 6 empty"
    ]  # fmt: skip
    assert "www.sqlite.org/lang_droptable.html" in pages[3]
    assert "".join(pages[3].split()).count("x" * 40) > 0  # a long line is folded, not cut
