"""Documents of every kind for a made-up schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.core.execution.worlds import ROOTS, SCALARS, FieldSpec, World


@dataclass
class Draft:
    """A document being written."""

    world: World
    draw: st.DrawFn
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """Type and value of each variable that the operation declares; `...` if none is sent."""
    fragments: list[str] = field(default_factory=list)

    def variable(self, declared: str, value: Any) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = (declared, value)
        return f"${name}"

    def directive(self) -> str:
        choice = self.draw(st.integers(0, 7))
        if choice > 1:
            return ""
        condition = self.draw(st.sampled_from(("true", "false", "variable", "default")))
        if condition == "variable":
            condition = self.variable("Boolean!", self.draw(st.booleans()))
        elif condition == "default":
            condition = self.variable("Boolean! = true", ...)
        return f" @{('skip', 'include')[choice]}(if: {condition})"

    def argument(self, spec: FieldSpec) -> tuple[str, str]:
        """The text of a field's argument, and the response key that it requires."""
        if not spec.argument or self.draw(st.booleans()):
            return "", ""
        name = spec.argument.split(":")[0]
        literal, declared, value = {
            "times": ("3", "Int", 4),
            "colours": ("[RED, BLUE]", "[Colour!]", ["BLUE"]),
            "wish": ("{times: 5, colour: RED}", "Wish", {"colour": "RED"}),
        }[name]
        choice = self.draw(st.sampled_from(("literal", "variable", "missing", "null")))
        if choice == "literal":
            return f"({name}: {literal})", "_literal"
        if choice == "null" and name != "times":
            return f"({name}: null)", "_null"
        sent = self.variable(declared, ... if choice == "missing" and name != "times" else value)
        return f"({name}: {sent})", f"_{sent[1:]}"

    def selections(self, type_name: str, depth: int) -> str:
        """What is selected of a type."""
        parts = [self.selection(type_name, depth) for _ in range(self.draw(st.integers(1, 5)))]
        return "{ " + " ".join(parts) + " }"

    def selection(self, type_name: str, depth: int) -> str:
        choice = self.draw(st.integers(0, 9))
        possible = self.world.things
        if choice == 0:
            return "__typename" + self.directive()
        if choice == 1 and depth:
            return f"...{self.directive()} {self.selections(type_name, depth - 1)}"
        if choice == 2 and depth:
            name = f"F{len(self.fragments)}"
            self.fragments.append("")
            body = self.selections(type_name, depth - 1)
            self.fragments[int(name[1:])] = f"fragment {name} on {type_name} {body}"
            return f"...{name}{self.directive()}"
        if type_name in ("Thing", "Any") and (type_name == "Any" or choice < 7):
            if not depth:
                return "__typename"
            narrow = self.draw(st.sampled_from(possible))
            return f"... on {narrow}{self.directive()} {self.selections(narrow, depth - 1)}"
        return self.field(type_name, depth)

    def field(self, type_name: str, depth: int) -> str:
        fields = self.world.fields(type_name)
        if type_name in ROOTS:
            fields = self.world.types[type_name]
        if not depth:
            fields = tuple(found for found in fields if found.kind.bottom in SCALARS)
        if not fields:
            return "__typename"
        spec = self.draw(st.sampled_from(fields))
        argument, suffix = self.argument(spec)
        parts = spec.name.split("_")
        name = spec.name if len(parts) == 1 else parts[0] + parts[1].capitalize()
        alias = f"{name}{suffix}: " if suffix else self.draw(st.sampled_from(("", f"x_{name}: ")))
        below = ""
        if spec.kind.bottom not in SCALARS:
            below = " " + self.selections(spec.kind.bottom, depth - 1)
        return f"{alias}{name}{argument}{self.directive()}{below}"


@st.composite
def documents(draw: st.DrawFn, world: World, depth: int = 5) -> tuple[str, dict[str, Any]]:
    """An operation of the world's schema, and its variables."""
    draft = Draft(world, draw)
    root = draw(st.sampled_from(("Query", "Query", "Mutation")))
    body = draft.selections(root, depth)
    declared = ", ".join(f"${name}: {of}" for name, (of, _) in draft.variables.items())
    head = f"{root.lower()} Q({declared})" if declared else f"{root.lower()} Q"
    sent = {name: value for name, (_, value) in draft.variables.items() if value is not ...}
    return "\n".join((f"{head} {body}", *draft.fragments)), sent
