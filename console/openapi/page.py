"""The description as a page for people: plain HTML, nothing that runs."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

ERROR = {"$ref": "#/components/schemas/Error"}

HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"></head><body><main>
<h1>{title}</h1>
<p>{text} The same for programs: <a href="/api/openapi.json">openapi.json</a>.
Observations and forecasts are also at <a href="/v1.1">SensorThings</a>.</p>
<p lang="zh-CN">本页列出控制台的全部接口；供程序使用的说明见
<a href="/api/openapi.json">openapi.json</a>（OpenAPI 3.1）。</p>
"""


def page(document: Mapping[str, Any]) -> str:
    """Return the HTML of an OpenAPI document that `document` made."""
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            groups.setdefault(said["tags"][0], []).append(_operation(method, path, said))
    info = document["info"]
    parts = [HEAD.format(title=escape(info["title"]), text=escape(info["description"]))]
    parts.append(f"<nav><ul>{''.join(_links(document))}</ul></nav>\n")
    for tag, shown in groups.items():
        parts += [f"<h2>{escape(tag)}</h2>\n", *shown]
    parts.append("<h2>Schemas</h2>\n")
    for name, schema in document["components"]["schemas"].items():
        parts.append(_schema(name, schema))
    return "".join([*parts, "</main></body></html>\n"])


def _links(document: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            name = f"<code>{method.upper()} {escape(path)}</code>"
            yield f'<li><a href="#{escape(said["operationId"])}">{name}</a></li>'


def _text(text: str) -> str:
    """Return `text` as HTML; what stands between backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _operation(method: str, path: str, said: Mapping[str, Any]) -> str:
    rows = [
        f"<li><code>{escape(p['name'])}</code> ({p['in']}{', required' if p['required'] else ''}): "
        f"{_text(p['description'])}</li>"
        for p in said["parameters"]
    ]
    body = said.get("requestBody", {}).get("content", {})
    rows += [f"<li>body: {_named(kind['schema'])}</li>" for kind in body.values()]
    refusals = []
    for status, answer in said["responses"].items():
        contents = answer.get("content", {}).items()
        if any(of["schema"] == ERROR for _, of in contents):
            refusals.append(f"{status} {escape(answer['description'])}")
            continue
        content = "".join(
            f", <code>{escape(kind)}</code> {_named(of['schema'])}" for kind, of in contents
        )
        rows.append(f"<li>{status} {_text(answer['description'])}{content}</li>")
    rows.append(f"<li>{_named(ERROR)}: {', '.join(refusals)}</li>")
    text = _text(f"{said['summary']}. {said['description']}")
    return (
        f'<section id="{escape(said["operationId"])}">'
        f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
        f"<p>{text}</p><ul>{''.join(rows)}</ul></section>\n"
    )


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        f"<li><code>{escape(key)}</code>{'' if key in required else ' (optional)'}: "
        f"{_named(value)}{_said(value)}</li>"
        for key, value in schema.get("properties", {}).items()
    ]
    text = _text(schema.get("description", "").partition("\n")[0])
    return (
        f'<section id="{escape(name)}"><h3><code>{escape(name)}</code></h3><p>{text}</p>'
        f"<ul>{''.join(rows)}</ul></section>\n"
    )


def _said(schema: Mapping[str, Any]) -> str:
    return f". {_text(schema['description'])}" if "description" in schema else ""


def _named(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_named(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_named(schema['items'])}" if schema.get("items") else "list"
    named = "one of " + ", ".join(map(str, schema["enum"])) if "enum" in schema else ""
    return escape(named or str(schema.get("format") or schema.get("type") or "anything"))
