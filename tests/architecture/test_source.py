"""Rules of the house that no linter knows, checked on the syntax trees of all sources."""

import ast
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in ("libs", "gateway", "lobby", "measurement", "simulation", "storage", "clients")
    for path in (ROOT / folder).rglob("src/**/*.py")
)
SHARED_INSTANCES = {"app", "router", "handlers", "log"}
TYPE_MAKERS = {"TypeVar", "NewType", "ParamSpec", "ContextVar", "AfterValidator", "BeforeValidator"}
BROAD_EXCEPTS = {
    "libs/chassis/src/sonalyze_chassis/context.py",
    "libs/chassis/src/sonalyze_chassis/health.py",
    "gateway/src/sonalyze_gateway/conversation.py",
    "clients/python/src/sonalyze/client.py",
}


Rule = Callable[[Path, ast.AST], bool]


def offences(rule: Rule, *, deep: bool = True) -> list[str]:
    """Name each place, in all sources, at which the rule finds an offence."""
    found = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree)) if deep else tree.body
        found += [f"{name_of(path)}:{node.lineno}" for node in nodes if rule(path, node)]
    return found


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def callee(call: ast.Call) -> str:
    target = call.func
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def test_nothing_lives_at_module_level_but_apps_routers_loggers_and_constants() -> None:
    def is_instance(_: Path, node: ast.AST) -> bool:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
            return False
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        return callee(node.value) not in TYPE_MAKERS and any(
            name not in SHARED_INSTANCES and not name.isupper() for name in names
        )

    assert offences(is_instance, deep=False) == []


def test_only_infra_and_the_chassis_commit() -> None:
    def commits(path: Path, node: ast.AST) -> bool:
        is_commit = isinstance(node, ast.Call) and callee(node) in {"commit", "begin"}
        return is_commit and "infra" not in path.parts and path.parent.name != "sonalyze_chassis"

    assert offences(commits) == []


def test_only_the_chassis_knows_http_exceptions() -> None:
    def imports_it(path: Path, node: ast.AST) -> bool:
        return (
            isinstance(node, ast.ImportFrom)
            and "sonalyze_chassis" not in path.parts
            and any(alias.name == "HTTPException" for alias in node.names)
        )

    assert offences(imports_it) == []


def test_only_dispatchers_and_connections_catch_everything() -> None:
    def is_broad(path: Path, node: ast.AST) -> bool:
        if not isinstance(node, ast.ExceptHandler) or name_of(path) in BROAD_EXCEPTS:
            return False
        return node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"}

    assert offences(is_broad) == []


def test_every_module_opens_with_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in SOURCES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_every_service_has_the_same_rooms() -> None:
    for service in ("gateway", "lobby", "measurement", "simulation", "storage"):
        package = ROOT / service / "src" / f"sonalyze_{service}"
        for room in ("main.py", "app.py", "settings.py", "ports.py", "domain", "api", "infra"):
            assert (package / room).exists(), f"{service} has no {room}"
