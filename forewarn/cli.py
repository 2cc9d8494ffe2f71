"""`forewarn`: finds the services' commands by entry point and runs one; imports none of them.

Each command is an entry point of the group `forewarn.commands` that takes the rest of
the command line and returns the exit code. The first line of its module's docstring is
its help.
"""

import sys
from importlib.metadata import EntryPoint, entry_points

from forewarn import __version__
from forewarn.domain.errors import ForewarnError

GROUP = "forewarn.commands"

EXTRAS = {
    "edge": "edge",
    "gateway": "gateway",
    "stream": "stream",
    "hindcast": "stream",
    "tide": "stream",
}
EXTRAS |= {"alerts": "alerts", "watchdog": "alerts", "console": "console", "simulate": "simulators"}
EXTRAS |= {"users": "console"}
"""Extra that brings a command's libraries; commands not named here need `all`."""

SUMMARIES = {
    "demo": "play a typhoon over sites/yongjiang and watch the warning come",
    "up": "start everything for a site, and keep it running",
    "status": "what runs, what reports, what was stored and what was rejected",
    "down": "stop what `up` started",
    "replay": "play a recorded CSV through the real system and account for every observation",
    "hindcast": "fit and score the models on recorded data",
    "tide": "fit, predict and score the tide of a site's gauges",
    "alerts": "list, show and acknowledge alerts; run the alert service",
    "watchdog": "send canaries through every stage, and alarm when they stop",
    "edge": "run a gateway's agent; probe an instrument; check a configuration",
    "gateway": "run the bridge from MQTT to Kafka",
    "stream": "run a stream worker",
    "console": "run the web page",
    "users": "who may sign in to the console",
    "audit": "show the audit trail, and check that nobody changed it",
    "simulate": "run instruments that speak their real protocols",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command. Exit 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted."""
    args = sys.argv[1:] if argv is None else argv
    commands = {entry.name: entry for entry in entry_points(group=GROUP)}
    if not args or args[0] in ("-h", "--help"):
        print(_usage(list(commands)))
        return 0 if args else 2
    if args[0] == "--version":
        print(f"forewarn {__version__}")
        return 0
    if args[0] not in commands:
        known = ", ".join(sorted(commands))
        print(f"forewarn: no command `{args[0]}`; there are: {known}", file=sys.stderr)
        return 2
    return _run(commands[args[0]], args[1:])


def _run(entry: EntryPoint, args: list[str]) -> int:
    try:
        return int(entry.load()(args))
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(entry.name, "all")
        print(
            f"forewarn {entry.name}: {error.name} is not installed; "
            f"it comes with the extra `{extra}`: pip install 'forewarn[{extra}]'",
            file=sys.stderr,
        )
        return 2
    except ForewarnError as error:
        print(f"forewarn {entry.name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _usage(commands: list[str]) -> str:
    known = [name for name in SUMMARIES if name in commands]
    rows = "\n".join(f"  {name:10} {SUMMARIES[name]}" for name in known)
    return (
        f"forewarn {__version__}: an early-warning network that a city can run itself\n\n"
        f"usage: forewarn COMMAND [...]\n\n{rows}\n\n"
        "examples:\n  forewarn demo\n  forewarn up --site sites/han\n  forewarn alerts list\n"
        "\n`forewarn COMMAND --help` tells more."
    )


if __name__ == "__main__":
    sys.exit(main())
