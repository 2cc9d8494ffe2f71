"""The small scripts around every child: the launcher and the guard."""

import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from forewarn.runtime import launch
from forewarn.runtime.child import Child
from forewarn.runtime.engines.wheels import folder_of
from forewarn.runtime.guard import end

PARENT = """
import sys, time
from pathlib import Path
from forewarn.runtime.child import Child
child = Child("child", ["sleep", "600"], Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
def test_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    deadline = time.monotonic() + 5
    while not gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_command_that_is_not_there_is_said_in_the_log(tmp_path: Path) -> None:
    child = Child("none", [str(tmp_path / "none")], tmp_path / "log")
    child.start()
    assert child.wait(5) == 1
    assert "none: No such file" in (tmp_path / "log").read_text()


def test_stop_kills_what_does_not_end(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    child = Child("deaf", [sys.executable, "-S", "-c", deaf], tmp_path / "log")
    child.start()
    while not (tmp_path / "log").stat().st_size:
        time.sleep(0.01)
    assert not child.stop(timeout=0.1)
    assert child.exit_code == -signal.SIGKILL
    assert child.stop()


POOL = """
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    pool.submit(time.sleep, 0).result()
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="Linux keeps semaphores there")
def test_killed_pool_leaves_no_process_and_no_semaphore(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(POOL)
    child = Child("pool", [sys.executable, str(tmp_path / "pool.py")], tmp_path / "log")
    child.start()
    deadline = time.monotonic() + 20
    while (tmp_path / "log").read_text() != "up\n":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    family = psutil.Process(child.pid).children(recursive=True)
    assert len(family) == 2, "a worker and the resource tracker"
    words = [word for p in family for word in Path(f"/proc/{p.pid}/maps").read_text().split()]
    semaphores = [Path(word) for word in words if word.startswith("/dev/shm/sem.mp-")]
    child.kill()
    assert semaphores
    assert all(gone(process.pid) for process in family)
    assert [path for path in semaphores if path.exists()] == []


def test_guard_kills_a_group_that_does_not_end() -> None:
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    group = subprocess.Popen(
        [sys.executable, "-S", "-c", deaf], stdout=subprocess.PIPE, start_new_session=True
    )
    with group:
        assert group.stdout is not None
        group.stdout.readline()
        end({group.pid}, 0.1)
        assert group.wait(5) == -signal.SIGKILL


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that other users can reach, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="forewarn-open-"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_where_namespaces_are_forbidden_root_becomes_nobody(open_folder: Path) -> None:
    mine = open_folder / "postgres"
    mine.mkdir(mode=0o700)
    (mine / "password").write_text("secret")
    tell = "id -u; cat password; touch made; grep -c . /proc/self/uid_map"
    program = f"""
import os, runpy
os.chdir({str(mine)!r})
launch = runpy.run_path({launch.__file__!r}, run_name="launch")
launch["hide_root"].__globals__["enter_namespace"] = lambda: False
launch["main"](["", str(os.getppid()), "15", {str(mine)!r}, "--", "sh", "-c", {tell!r}])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["65534", "secret1"]
    assert (mine / "made").stat().st_uid == 65534
    assert (open_folder.stat().st_mode & 0o777) == 0o711


def test_launcher_and_guard_need_only_the_standard_library() -> None:
    for script in ("launch", "guard"):
        path = folder_of("forewarn") / "runtime" / f"{script}.py"
        runpy.run_path(str(path), run_name=script)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(path)!r})"],
            check=False,
        )
        assert done.returncode == 0
