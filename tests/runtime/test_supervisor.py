"""The supervisor keeps everything running, tells who runs, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from forewarn.domain.config import Services
from forewarn.domain.errors import ConfigError
from forewarn.runtime import EngineError, StateError
from forewarn.runtime.engines import EmbeddedKafka, EmbeddedPostgres
from forewarn.runtime.run import ProcessRecord, create_time, read_run, write_run
from forewarn.runtime.services import Service
from forewarn.runtime.state import Claim, check_space, clear, low_space, running_folder
from forewarn.runtime.supervisor import Supervisor

SITE = Path(__file__).resolve().parents[2] / "sites" / "han"

StartRun = Callable[[Path], "subprocess.Popen[str]"]
Using = Callable[[Path], list[str]]


def script(name: str, text: str) -> Service:
    """A service that is a Python program instead of a `forewarn` command."""
    return Service(name=name, arguments=[text], program=(sys.executable, "-S", "-c"))


def patient(name: str = "patient") -> Service:
    return script(name, "import time\nprint('ready', flush=True)\ntime.sleep(600)")


def test_what_dies_comes_back_and_is_counted(state: Path, using: Using) -> None:
    said: list[str] = []
    with Supervisor(
        state, SITE, services=[patient()], engines=[EmbeddedKafka(state)], report=said.append
    ) as running:
        running.wait_ready(10)
        url = running.urls.kafka_url
        before = running.pids
        for name in running.names:
            assert running.kill(name) == before[name]
        running.wait_ready(10)
        assert running.restarts == {"kafka": 1, "patient": 1}
        assert not set(running.pids.values()) & set(before.values())
        assert running.urls.kafka_url == url
    assert [line.split(" ")[0] for line in said] == ["kafka", "patient"]
    assert "killed by signal 9" in said[0]
    assert using(state) == []


def test_a_service_knows_where_everything_is(state: Path) -> None:
    tell = "import os, json; print(json.dumps(dict(os.environ)), 'ready', flush=True); input()"
    program = "import time\n" + tell.replace("input()", "time.sleep(600)")
    given = Services(webhook_url="https://example.org/hook")
    with Supervisor(
        state, SITE, services=[script("tell", program)], engines=[], given=given
    ) as running:
        running.wait_ready(10)
        seen = json.loads((state / "log" / "tell.log").read_text().rpartition("}")[0] + "}")
    assert seen["FOREWARN_SITE"] == str(SITE)
    assert seen["FOREWARN_STATE"] == str(state)
    assert seen["FOREWARN_WEBHOOK_URL"] == "https://example.org/hook"
    assert "FOREWARN_KAFKA_URL" not in seen


def test_services_can_be_added_and_removed(state: Path) -> None:
    with Supervisor(state, SITE, engines=[]) as running:
        running.add(patient("late"))
        running.wait_ready(10, ["late"])
        pid = running.pids["late"]
        with pytest.raises(EngineError, match="`late` runs already"):
            running.add(patient("late"))
        running.remove("late")
        assert running.names == []
        assert not psutil.pid_exists(pid)
        with pytest.raises(EngineError, match="no process `late`"):
            running.kill("late")


def test_a_service_that_is_configured_wrongly_is_not_waited_for(state: Path) -> None:
    broken = script("broken", "import sys; sys.exit(print('no such site', flush=True) or 2)")
    with Supervisor(state, SITE, services=[broken], engines=[], report=str) as running:
        with pytest.raises(EngineError, match=r"broken does not start(.|\n)*no such site"):
            running.wait_ready(60)


def test_a_service_that_never_says_ready_is_named(state: Path) -> None:
    mute = script("mute", "import time; print('already there', flush=True); time.sleep(600)")
    with Supervisor(state, SITE, services=[mute], engines=[]) as running:
        with pytest.raises(EngineError, match=r"mute is not ready after 0\.3 s(.|\n)*already"):
            running.wait_ready(0.3)


def test_two_services_of_one_name_are_refused(state: Path) -> None:
    with pytest.raises(ConfigError, match="two services are called `patient`"):
        Supervisor(state, SITE, services=[patient(), patient()])


def test_second_run_is_told_who_holds_the_directory(state: Path) -> None:
    with Supervisor(state, SITE, engines=[], command="demo"):
        second = Supervisor(state, SITE, services=[patient()], engines=[])
        with pytest.raises(StateError, match=rf"`forewarn demo` of .*pid {os.getpid()}.*down"):
            second.start()
        assert read_run(state) is not None
    with Supervisor(state, SITE, engines=[]):
        pass


def test_failed_start_leaves_nothing_running(state: Path, using: Using) -> None:
    class Broken(EmbeddedPostgres):
        def command(self) -> list[str]:
            return ["false"]

    supervisor = Supervisor(state, SITE, engines=[EmbeddedKafka(state), Broken(state)])
    with pytest.raises(EngineError, match="postgres: ended with 1 before it listened"):
        supervisor.start()
    assert using(state) == []
    assert read_run(state) is None
    Claim(state).release()


@pytest.mark.soak
def test_run_that_is_told_to_end_leaves_nothing(
    state: Path, start_run: StartRun, using: Using
) -> None:
    run = start_run(state)
    run.send_signal(signal.SIGTERM)
    assert run.communicate(timeout=20)[0] == "stopped\n"
    assert run.returncode == 0
    assert using(state) == []
    assert not (state / "run.json").exists()


@pytest.mark.soak
def test_killed_run_leaves_no_process_and_the_next_says_so(
    state: Path, start_run: StartRun
) -> None:
    run = start_run(state)
    recorded = read_run(state)
    assert recorded is not None
    assert recorded.pid == run.pid
    family = psutil.Process(run.pid).children(recursive=True)
    assert len(family) > 8
    run.kill()
    run.communicate()
    deadline = time.monotonic() + 15
    while left := [process for process in family if alive(process)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
    said: list[str] = []
    with Supervisor(state, SITE, engines=[], report=said.append):
        pass
    assert said == [f"{state}: an earlier `forewarn up` (pid {run.pid}) did not end in order"]


def test_what_a_killed_run_left_is_ended_by_the_next(state: Path) -> None:
    orphans = [
        subprocess.Popen(
            [sys.executable, "-S", "-c", "import time; time.sleep(600)"], start_new_session=True
        )
        for _ in range(2)
    ]
    with Supervisor(state, SITE, engines=[]):
        template = read_run(state)
    assert template is not None
    records = [
        ProcessRecord(name="left", pid=orphans[0].pid, create_time=create_time(orphans[0].pid)),
        ProcessRecord(name="stranger", pid=orphans[1].pid, create_time=1.0),
    ]
    dead = subprocess.Popen(["true"])
    dead.wait()
    write_run(state, msgspec.structs.replace(template, pid=dead.pid, processes=records))
    said: list[str] = []
    with Supervisor(state, SITE, engines=[], report=said.append):
        assert orphans[0].wait(5) == -signal.SIGTERM
        assert orphans[1].poll() is None
    assert f"and left left (pid {orphans[0].pid}): ended now" in said[0]
    orphans[1].kill()
    orphans[1].wait()


def test_guard_that_dies_is_replaced(state: Path) -> None:
    with Supervisor(state, SITE, services=[patient()], engines=[]) as running:
        running.wait_ready(10)
        [guard] = [p for p in psutil.Process().children() if "guard.py" in " ".join(p.cmdline())]
        guard.kill()
        guard.wait(5)
        running.kill("patient")
        running.wait_ready(10)
        running.add(patient("other"))
        guards = [p for p in psutil.Process().children() if "guard.py" in " ".join(p.cmdline())]
        assert len(guards) == 1


def test_state_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match=r"state: cannot be used .*File exists.*--state"):
        Supervisor(tmp_path / "state", SITE, engines=[]).start()


def test_clearing_spares_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(StateError, match="is not empty, and no state directory"):
        clear(tmp_path)
    assert (tmp_path / "letter").read_text() == "dear"


def test_clearing_ends_what_was_left_running_first(
    state: Path, start_run: StartRun, using: Using
) -> None:
    assert clear(state) == []
    with Supervisor(state, SITE, engines=[]):
        with pytest.raises(StateError, match="runs there already"):
            clear(state)
    run = start_run(state)
    run.kill()
    run.wait()
    clear(state)
    assert not state.exists()
    assert [line for line in using(state) if "postgres" in line] == []


def test_full_disk_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"MB left on its disk, .* are needed; free some space"):
        check_space(tmp_path, needed=10**18)


def test_disk_that_fills_up_is_warned_of(tmp_path: Path) -> None:
    assert low_space(tmp_path, low=0) is None
    warning = low_space(tmp_path, low=10**18)
    assert warning is not None
    assert "MB left on its disk; free some space" in warning


def test_given_url_that_nobody_serves_is_named_and_no_engine_starts(
    state: Path, using: Using
) -> None:
    given = Services(kafka_url="kafka://127.0.0.1:1")
    with pytest.raises(EngineError, match=r"kafka_url: nobody answers at 127\.0\.0\.1:1: .*FOREW"):
        Supervisor(state, SITE, given=given).start()
    assert using(state) == []


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_demo_is_found_in_the_directory_that_was_asked_for(state: Path) -> None:
    assert running_folder(str(state)) == state
    demo = Claim(state / "demo")
    assert running_folder(str(state)) == state / "demo"
    own = Claim(state)
    assert running_folder(str(state)) == state
    own.release()
    demo.release()
