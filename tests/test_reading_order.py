"""The module reads from top to bottom: ten sections, each of which uses only those above it."""

from __future__ import annotations

import ast
import builtins
import functools
import re
import sys

from desk import MODULE

import migrate

SECTIONS = [
    *("Errors", "Settings", "Migration files", "Statements", "Dialects"),
    *("History", "Plan", "Run", "Report", "Command line"),
]
TEXT = MODULE.read_text(encoding="utf-8")
TREE = ast.parse(TEXT)


@functools.cache
def banners() -> list[int]:
    """The lines of the banners."""
    return [number for number, text in enumerate(TEXT.splitlines(), 1) if re.fullmatch(r"# [A-Z][a-z ]+ #{20,}", text)]


def section_of(line: int) -> int:
    """The number of the section that *line* is in; 0 is what stands above the first banner."""
    return sum(banner <= line for banner in banners())


def bound_names(node: ast.AST) -> set[str]:
    """The names that a statement at module level defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}


def used_names(node: ast.AST) -> set[tuple[str, int]]:
    """The names a statement reads when it runs, and the lines: bodies of functions too, annotations and strings not."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        parts: list[ast.AST | None] = [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults, *node.body]
        return {name for part in parts if part is not None for name in used_names(part)}
    if isinstance(node, ast.AnnAssign):
        return used_names(node.value) if node.value is not None else set()
    found = {(node.id, node.lineno)} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else set()
    for child in ast.iter_child_nodes(node):
        found |= used_names(child)
    return found


@functools.cache
def definitions() -> dict[str, tuple[int, int]]:
    """Section and line of every name that the module defines below its imports."""
    return {
        name: (section_of(node.lineno), node.lineno)
        for node in TREE.body
        if not isinstance(node, (ast.Import, ast.ImportFrom, ast.If))
        for name in bound_names(node)
    }


def test_the_ten_banners_stand_in_order_and_are_120_wide() -> None:
    banners = re.findall(r"^# ([A-Z][A-Za-z ]+) ####.*$", TEXT, re.MULTILINE)
    assert banners == SECTIONS
    assert {len(line) for line in TEXT.splitlines() if re.match(r"# [A-Z][A-Za-z ]+ ####", line)} == {120}


def test_each_banner_says_what_comes_in_and_goes_out() -> None:
    lines = TEXT.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"# [A-Z][A-Za-z ]+ ####", line):
            said = (
                next(index for index in range(number + 1, len(lines)) if not lines[index].startswith("# ")) - number - 1
            )
            assert 1 <= said <= 4, line


def test_the_map_in_the_docstring_lists_the_same_ten() -> None:
    listed = re.findall(r"^    ([A-Z][a-z]+(?: [a-z]+)?)  ", migrate.__doc__ or "", re.MULTILINE)
    assert listed == SECTIONS


def test_a_section_uses_only_the_sections_above_it() -> None:
    defined = definitions()
    below = [
        f"line {line}: {SECTIONS[section_of(line) - 1]} uses {name} of {SECTIONS[defined[name][0] - 1]}"
        for node in TREE.body
        for name, line in sorted(used_names(node))
        if name in defined and defined[name][0] > section_of(line)
    ]
    assert below == []


def test_no_two_things_at_module_level_have_the_same_name() -> None:
    names = [node.name for node in TREE.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    assert len(names) == len(set(names))
    assert set(names).isdisjoint(dir(builtins))


def test_every_private_name_is_used() -> None:
    """A helper that lost its last caller in a change is found here."""
    private = [name for name in definitions() if name.startswith("_") and not name.startswith("__")]
    idle = [name for name in private if len(re.findall(rf"\b{name}\b", TEXT)) < 2]
    assert idle == []


def test_all_is_sorted_and_complete() -> None:
    assert migrate.__all__ == sorted(migrate.__all__)
    assert len(migrate.__all__) == len(set(migrate.__all__))
    for name in migrate.__all__:
        assert hasattr(migrate, name), name
        assert not name.startswith("_")
    errors = {
        name
        for name, each in vars(migrate).items()
        if isinstance(each, type) and issubclass(each, migrate.MigrateError)
    }
    assert {name for name in errors if not name.startswith("_")} <= set(migrate.__all__)


def test_what_a_public_function_takes_or_returns_is_public() -> None:
    """A person who types ``migrate.plan(...)`` can name what comes back."""
    public = set(migrate.__all__)
    hidden = set()
    for node in TREE.body:
        if isinstance(node, ast.FunctionDef) and node.name in public and node.returns is not None:
            words = set(re.findall(r"[A-Z]\w+", ast.unparse(node.returns)))
            hidden |= {f"{node.name} -> {word}" for word in words & definitions().keys() - public}
    assert hidden == set()


def test_only_the_standard_library_is_imported_at_module_level() -> None:
    names = set()
    for node in TREE.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    assert names <= sys.stdlib_module_names


# ---- the house: CONTRIBUTING.md has its plan

ROOT = MODULE.parent
DESK = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "migrate_review").glob("*.py"))}


def plan_of_the_house(heading: str) -> list[list[str]]:
    """The rows of the table that begins with *heading*, cell by cell."""
    _, _, text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition(f"| {heading} |")
    rows = [line.split("|")[1:-1] for line in text.partition("\n\n")[0].splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in rows]


def test_no_section_is_longer_than_the_plan_of_the_house_says() -> None:
    ceilings = {name: int(lines) for name, lines, _ in plan_of_the_house("section")}
    assert [*ceilings] == SECTIONS
    ends = [*banners()[1:], len(TEXT.splitlines()) + 1]
    long = dict(zip(SECTIONS, (end - begin for begin, end in zip(banners(), ends, strict=True)), strict=True))
    assert {name: lines for name, lines in long.items() if lines > ceilings[name]} == {}


def test_every_part_of_the_desk_has_its_place_and_is_read_in_ten_minutes() -> None:
    parts = {name.strip("`").removesuffix(".py"): data for name, _, data in plan_of_the_house("part")}
    assert parts.keys() | {"__init__"} == DESK.keys()
    assert {name for name, text in DESK.items() if text.count("\n") > 700} == set()
    data = {path.name for path in (ROOT / "migrate_review").iterdir() if path.suffix not in {".py", ""}} - {"py.typed"}
    assert data == {found for each in parts.values() for found in re.findall(r"`([^`]+)`", each)}


def test_the_runner_names_the_desk_in_one_function() -> None:
    named = {
        getattr(node, "name", ast.unparse(node)[:50])
        for node in TREE.body
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and "migrate_review" in each.value
    }
    assert named == {"desk"}


def test_the_desk_imports_the_runner_and_its_own_hints_and_the_standard_library() -> None:
    for name, text in DESK.items():
        for node in ast.walk(ast.parse(text)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                top = module.partition(".")[0]
                known = top in {"migrate", "pygments", *sys.stdlib_module_names}
                assert known or module in {"migrate_review", "migrate_review.hints"}, (name, module)
