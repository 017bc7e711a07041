"""The embedded services, with real servers in data folders of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import environ
import psycopg
import pytest

from perg_site import embedded
from perg_site.embedded.postgres import SUPERUSER, PostgreSQL
from perg_site.embedded.redis import Redis
from perg_site.embedded.service import LONGEST_SOCKET_PATH, socket_folder

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[3]
# Another process with a share: says "up" when it has it, and gives it back when its standard input closes.
USER = (
    "import sys; from perg_site import embedded\n"
    "with embedded.ensure_running():\n"
    "    print('up', flush=True); sys.stdin.read()\n"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of one's own, with no server named by the environment, and none left behind."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("PERG_HOME", str(tmp_path / "data folder"))
    folder = embedded.open_home()
    yield folder
    for service in (PostgreSQL(folder), Redis(folder)):
        service.stop()


def start_user() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def is_up(user: subprocess.Popen[str]) -> bool:
    assert user.stdout is not None
    return user.stdout.readline() == "up\n"


def leave(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=600)
    assert user.returncode == 0


def both_answer(home: Path) -> list[bool]:
    return [service(home).answers() for service in (PostgreSQL, Redis)]


def connect(home: Path) -> psycopg.Connection[tuple[object, ...]]:
    """As the settings do: through the address, read by django-environ."""
    config = environ.Env.db_url_config(embedded.database_url(home))
    return psycopg.connect(
        host=config["HOST"], port=config["PORT"], user=config["USER"], dbname=config["NAME"], autocommit=True
    )


def test_the_last_of_several_processes_to_leave_stops_the_services(home: Path) -> None:
    first = start_user()
    assert is_up(first)
    second = start_user()
    assert is_up(second)

    leave(first)
    assert both_answer(home) == [True, True]
    with connect(home) as connection:
        assert connection.execute("SELECT current_database(), current_user").fetchone() == ("perg", SUPERUSER)

    leave(second)
    assert both_answer(home) == [False, False]
    assert list(socket_folder(home).iterdir()) == []


def test_two_processes_that_start_on_an_empty_home_at_once_both_get_the_services(home: Path) -> None:
    users = [start_user(), start_user()]
    assert [is_up(user) for user in users] == [True, True]
    for user in users:
        leave(user)
    assert both_answer(home) == [False, False]


def test_data_survives_a_kill_of_everything(home: Path) -> None:
    user = start_user()
    assert is_up(user)
    with connect(home) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for pid in (user.pid, PostgreSQL(home).pid(), Redis(home).pid()):
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    user.communicate()
    # A reader of the pid file would now take us for PostgreSQL, as after a restart of a container.
    pid_file = home / "postgresql" / "postmaster.pid"
    pid_file.write_text(
        pid_file.read_text().replace(pid_file.read_text().splitlines()[0], str(os.getpid()), 1)
    )

    with embedded.ensure_running(home):
        assert both_answer(home) == [True, True]
        with connect(home) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_services_left_by_a_killed_process_are_taken_over_and_stopped_at_the_end(home: Path) -> None:
    user = start_user()
    assert is_up(user)
    user.kill()
    user.communicate()
    assert both_answer(home) == [True, True]
    left = PostgreSQL(home).pid()

    with embedded.ensure_running(home):
        assert PostgreSQL(home).pid() == left
    assert both_answer(home) == [False, False]


def test_what_is_in_redis_survives_an_orderly_stop(home: Path) -> None:
    import redis

    for expected in (1, 2):
        with embedded.ensure_running(home), redis.Redis.from_url(embedded.redis_url(home)) as client:
            assert client.incr("starts") == expected


def test_a_home_too_deep_for_a_socket_has_its_sockets_in_a_short_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 6)
    monkeypatch.setenv("PERG_HOME", str(deep))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    sockets = socket_folder(embedded.home())
    assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH

    with embedded.ensure_running():
        assert both_answer(deep) == [True, True]
        assert sockets.stat().st_mode & 0o077 == 0
        with connect(deep) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    sockets.rmdir()


def test_a_socket_folder_made_by_a_stranger_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from perg_site.embedded import service

    folder = socket_folder(home)
    folder.symlink_to("/tmp")
    monkeypatch.setattr(service, "socket_folder", lambda _: folder)
    with pytest.raises(embedded.ServiceDidNotStart, match="belongs to somebody else"):
        service.make_socket_folder(home, None)


def test_a_server_named_by_the_environment_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://perg@db.example.org/perg")
    monkeypatch.setenv("REDIS_URL", "redis://redis.example.org:6379/0")
    assert embedded.database_url(home) == "postgres://perg@db.example.org/perg"
    assert embedded.redis_url(home) == "redis://redis.example.org:6379/0"
    with embedded.ensure_running():
        assert both_answer(home) == [False, False]


def test_a_home_that_is_not_a_folder_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PERG_HOME", str(tmp_path / "file" / "data"))
    with pytest.raises(embedded.ServiceDidNotStart, match=r"cannot be used .*set PERG_HOME"):
        embedded.open_home()


def test_data_of_another_postgresql_is_a_clear_error(home: Path) -> None:
    with embedded.ensure_running(home):
        pass
    (home / "postgresql" / "PG_VERSION").write_text("12\n")
    with pytest.raises(embedded.ServiceDidNotStart, match="are of PostgreSQL 12, and this is 18"):
        embedded.ensure_running(home)
    (home / "postgresql" / "PG_VERSION").write_text("18\n")
    (home / "postgresql" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(embedded.ServiceDidNotStart, match=r"(?s)See .*postgresql.log.*no_such_setting"):
        embedded.ensure_running(home)


def test_manage_py_says_what_is_wrong_in_place_of_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {**os.environ, "PERG_HOME": str(tmp_path / "file")}
    environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, REPOSITORY / "manage.py", "migrate"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("manage.py: ")
    assert "set PERG_HOME to a folder that you can write" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_secret_key_is_made_once_and_is_only_ours(home: Path) -> None:
    keys = {embedded.secret_key(embedded.open_home()) for _ in range(3)}
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert (home / "secret_key").stat().st_mode & 0o777 == 0o600
    assert list(home.glob("secret_key.*")) == []


def test_reading_the_settings_and_checking_them_makes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "data"
    environment = {"PATH": os.environ["PATH"], "PERG_HOME": str(home)}
    for arguments in (["manage.py", "check"], ["-c", "import perg_site.settings as s; print(s.PERG_HOME)"]):
        process = subprocess.run(
            [sys.executable, *arguments], cwd=REPOSITORY, env=environment, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr
        assert not home.exists()


def test_the_addresses_are_known_without_starting_anything(home: Path) -> None:
    config = environ.Env.db_url_config(embedded.database_url(home))
    assert (config["HOST"], config["NAME"], config["USER"]) == (str(socket_folder(home)), "perg", SUPERUSER)
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert embedded.redis_url(home).startswith("unix:///")
    assert both_answer(home) == [False, False]
    assert not any((home / name).exists() for name in ("postgresql", "redis"))
