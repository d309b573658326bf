"""plan --format html: the plan, and the status at that moment, as one page that needs nothing from outside.

page.html is the template; ``plan_page`` fills it in.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from datetime import datetime, timezone
from functools import partial
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

from migrate import (
    Run,
    Script,
    Survey,
    View,
    __version__,
    and_below,
    cell_text,
    compare,
    counted,
    status_view,
    steps_view,
    unhidden,
    version_key,
    whoami,
)
from migrate_review import NO_VERSION, part_of, sizes
from migrate_review.hints import of_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from migrate import Database, Notify, Settings, Status

_LINKED: Final = 20  # lines of one finding, at the most: a file of data may have thousands


_COLOURED: Final = 1_000_000  # characters of a text, at the most: a second


_RAN: Final = "\u2713"  # marks a statement that has run


def plan_page(
    settings: Settings, direction: str, *, notify: Notify, typed: Callable[[str], str] = str, **choice: Any
) -> View:
    """Show what ``plan`` returns, and the status at that moment, as an HTML page that needs nothing from outside.

    *typed* names the program as it was called, in the commands that are on it.
    """
    with Run.opened(settings, notify, texts=direction == "down", looks=True) as run:
        steps, states = run.planned(direction, **choice), compare(run.migrations, run.applied)
        database, up_by_key = run.database, {each.key: each.up.sql for each in run.migrations}
        tables = sizes.of_plan(database, steps)
    if not steps:
        notify("nothing to do")
    rows = steps_view(settings, steps, of_plan(database, steps, notify), tables).document["steps"]
    status = status_view(settings, Survey(states), exit_code=False)
    moved = {each.key for each in steps}
    after = [
        each.version
        for each in states
        if (direction == "up" if each.key in moved else each.applied_at and each.state != "dirty")
    ]
    start, end = status.document["current"] or NO_VERSION, after[-1] if after else NO_VERSION
    sections, contents, rules = "", list[list[str]](), Counter[str]()
    for number, row in enumerate(rows, 1):
        title, file = (escape(each).replace("_", "_<wbr>") for each in (f"{row['version']} {row['name']}", row["file"]))
        beside = row["down_sql"] if direction == "up" else up_by_key.get(version_key(row["version"]))
        sections += _html_step(f"{number}", row, title=title, file=file, beside=beside, database=database)
        contents.append(
            [
                f"{number}",
                f'<a href="#step-{number}">{title}</a><small>{file}, {row["mode"]}</small>',
                f"{row['statements']}",
                f"{len(row['findings'])}",
            ]
        )
        rules.update(each["rule"] for each in row["findings"])
    options = " --out-of-order" * choice.get("out_of_order", False)
    commands = _commands(rows, start, end, states, options) if rows else {}
    total = f"{counted(len(rows), 'migration')}, {counted(sum(row['statements'] for row in rows), 'statement')}"
    facts = {
        "Plan": f"{total}, from {start} to {end}" if rows else f"nothing to do, at {start}",
        "Findings": ", ".join(f"{rule}: {rules[rule]}" for rule in sorted(rules, key="locks".__eq__)) or "none",
        "No down file": ", ".join(row["version"] for row in rows if direction == "up" and row["down_sql"] is None),
        "Touches": "\n".join(sizes.summary(rows)),
        **dict.fromkeys(commands, ""),  # in this place
        "History table": settings.table,
        "Made by": f"{whoami()}, {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, migrate {__version__}",
    }
    shown = {key: escape(value).replace("\n", "<br>") for key, value in facts.items()}
    shown |= {key: _html_command(*value, typed) for key, value in commands.items()}
    page = Template(part_of("page.html")).substitute(
        direction=direction,
        database=escape(str(settings.url)),
        label=database.label,
        sections=sections,
        facts="\n".join(f"<dt>{key}</dt><dd>{value}</dd>" for key, value in shown.items() if value),
        contents=_html_table("steps", ("", "migration", "statements", "findings"), contents) if rows else "",
        opened="" if rows else " open",
        counts=escape(status.caption.rpartition(": ")[2]),
        status=_html_table(
            "status",
            status.columns,
            [[escape(cell_text(row, each)) for each in status.columns] for row in status.document["migrations"]],
        ),
    )
    return View({"page": unhidden(page)})


def _commands(
    rows: Sequence[Mapping[str, Any]], start: str, end: str, states: Sequence[Status], options: str
) -> dict[str, tuple[str, str]]:
    """Return the command that does what is planned, the one that takes that back, and what is to be said of each."""
    versions = [row["version"] for row in rows]
    if rows[0]["direction"] == "down":
        gone = [each.version for each in states if each.state == "missing" and each.version in versions]
        back = ("", f"no command: {', '.join(gone)} has no up file here") if gone else (f"up --to {versions[0]}", "")
        return {"To run it": (_down_to(end), ""), "To go back": back}
    last, stays = max(versions, key=version_key), [row["version"] for row in rows if row["down_sql"] is None]
    below = [each for each in versions if start != NO_VERSION and version_key(each) < version_key(start)]
    back = _down_to(start), ""
    if below:
        back = "", f"no command: {', '.join(below)} lies below {start}, which was applied before"
    elif last in stays:
        back = "", f"no command: {last} has no down file"
    elif stays:
        back = _down_to(stays[-1]), f", as {stays[-1]} has no down file"
    return {"To run it": (f"up --to {last}{options}", ""), "To go back": back}


def _down_to(version: str) -> str:
    return "down --all" if version == NO_VERSION else f"down --to {version}"


def _html_command(command: str, said: str, typed: Callable[[str], str]) -> str:
    """Return a command as it is *typed*, if there is one, and what is *said* of it."""
    shown = f"<code>{escape(typed(f'  migrate {command}').strip())}</code>" if command else ""
    return shown + escape(said)


def _html_table(label: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, which scrolls by itself, of cells that are HTML already."""
    names = [each.replace("_", " ") for each in columns]
    head = "".join(f'<th scope="col">{each}</th>' for each in names)
    body = "\n".join(
        "<tr>" + "".join(f'<td data-of="{name}">{cell}</td>' for name, cell in zip(names, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _html_step(
    number: str,
    row: Mapping[str, Any],
    *,
    title: str,
    file: str,
    beside: str | None,
    database: Database,
) -> str:
    """Return a section about one step: the text that runs, what is found in it, and the text of the other direction."""
    mode = f"One transaction: if a statement fails, {database.label} rolls the whole file back."
    if row["mode"] == "journal":
        why = "in no transaction" if database.transactional else f"as {database.label} commits with each DDL statement"
        mode = f"Statement by statement, {why}: if one fails, those before it stay, and the next run goes on there."
    resumed = f"{counted(row['done'], 'statement')} ran on an earlier run, and {'has' if row['done'] == 1 else 'have'}"
    resumed = f"{resumed} a {_RAN} in the margin." if row["done"] else ""
    touched = f"Touches {'; '.join(map(sizes.told, row['tables']))}." if row["tables"] else ""
    told = "".join(f"<p>{escape(each)}</p>\n" for each in (mode, resumed, row["note"], touched) if each)
    way, other = row["direction"], "down" if row["direction"] == "up" else "up"
    begins, notes, found = dict[int, list[str]](), dict[int, list[str]](), ""
    for each in row["sql"] if row["statements"] > 1 else ():
        ran = _RAN * (each["number"] <= row["done"])
        begins.setdefault(each["line"], []).append(f"({each['number']}{ran})")
    places = dict[tuple[str, ...], dict[int, str]]()  # lines of each finding, in order, with what is said of others
    for each in row["findings"]:
        places.setdefault((each["rule"], each["what"], each["link"]), {})[each["line"]] = and_below(each)
    for (rule, what, link), every in sorted(places.items(), key=lambda each: each[0][0] == "locks"):
        lines = [*every]
        kind, said = "mild" if rule == "locks" else "loud", f"<b>{escape(rule)}</b> {escape(what)}"
        for line, more in every.items():
            notes.setdefault(line, []).append(f'<span class="{kind}">{said}{more}</span>')
        linked = ", ".join(f'<a href="#line-{number}-{way}-{line}">{line}</a>' for line in lines[:_LINKED])
        linked += ", \u2026" * (len(lines) > _LINKED)
        found += (
            f'<li class="{kind}">{said}: line {linked}. '
            f'<a href="{escape(link)}">{escape(link.partition("//")[2])}</a></li>\n'
        )
    found = found and f"<ul>{found}</ul>"
    caption = f"<b>{way}</b> {file}" + "; on the left each line of it, and (n) where statement n begins" * bool(begins)
    listing = partial(html_listing, lexer=database.lexer)
    shown = listing(caption, row["text"], step=f"{number}-{way}", begins=begins, notes=notes)
    shown += (
        f"<p>There is no {other} file.</p>"
        if beside is None
        else listing(f"<b>{other}</b>, not run now", beside, step=f"{number}-{other}", begins={}, notes={})
    )
    return (
        f'<section id="step-{number}"><h2>{number}. {title}</h2>\n{told}{found}'
        f'<div class="pair">{shown}</div></section>\n'
    )


def html_listing(
    caption: str,
    sql: str,
    *,
    lexer: str,
    step: str,
    begins: Mapping[int, Sequence[str]],
    notes: Mapping[int, Sequence[str]],
) -> str:
    """Return a text with its lines numbered, after the numbers of the statements that begin there; *notes* below."""
    text = sql.replace("\r\n", "\n").replace("\r", "\u240d").removesuffix("\n")
    if len(sql) < _COLOURED and importlib.util.find_spec("pygments"):  # a dump has no colours
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import get_lexer_by_name

        coloured = highlight(f"{text}\n", get_lexer_by_name(lexer, stripnl=False), HtmlFormatter(nowrap=True))
        lines = coloured.removesuffix("\n").split("\n")
    else:
        lines = escape(text).split("\n")
    width, shown = max((sum(map(len, each)) for each in begins.values()), default=0), ""
    for number, line in enumerate(lines, 1):
        margin = f"{''.join(begins.get(number, ())):>{width}} {number:>{len(str(len(lines)))}}"
        note = "".join(notes.get(number, ()))
        kind = "l" + " s" * (number in begins) + " hit" * ('class="loud"' in note)
        shown += f'<span class="{kind}" id="line-{step}-{number}" data-n="{margin}">{line}\n</span>'
        shown += f'<span class="f" data-n="{" " * len(margin)}"><span>{note}</span></span>' if note else ""
    checksum = Script.from_text(Path(), sql).checksum
    return (
        f'<figure><figcaption>{caption}<br><code>sha256 {checksum}</code></figcaption>\n<div class="scroll"'
        f' role="region" aria-label="SQL {step}" tabindex="0"><pre><code>{shown}</code></pre></div></figure>'
    )
