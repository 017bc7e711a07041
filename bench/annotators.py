"""Annotators on a site, by HTTP: each a connection of this process that does what the annotation page does."""

import asyncio
import json
import random
import re
import statistics
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

PASSWORD = "a long enough password"
RESENT_EVERY = 50
WARM_UP_SECONDS = 3.0


@dataclass
class Run:
    """The outcome of some time of work: how long each request took, in ms, and what went wrong."""

    begin: float = 0  # what was asked earlier is the warm-up, and does not count
    times: dict[str, list[float]] = field(default_factory=lambda: {"next": [], "submit": []})
    errors: list[str] = field(default_factory=list)
    acknowledged: int = 0  # warm-up included
    labels: int = 0
    seconds: float = 0

    def percentile(self, name: str, share: int) -> float:
        return statistics.quantiles(self.times[name], n=100)[share - 1]

    def figures(self) -> dict[str, float]:
        shares = {"p50": 50, "p95": 95, "p99": 99}
        return {"labels_per_second": round(self.labels / self.seconds, 1), "labels": self.labels} | {
            f"{name}_{label}_ms": round(self.percentile(name, share), 1)
            for name in ("next", "submit")
            for label, share in shares.items()
        }


class Browser:
    """One person's browser: cookies and a connection that stays. Far cheaper than an HTTP library."""

    def __init__(self, address) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}
        self.streams = None

    async def ask(
        self, method: str, path: str, fields=(), accept: str = "application/json"
    ) -> tuple[int, bytes]:
        """JSON for the API, a form for a page."""
        is_json = accept == "application/json"
        body = (json.dumps(fields) if is_json else urlencode(fields)).encode()
        content_type = "application/json" if is_json else "application/x-www-form-urlencoded"
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.address[0]}:{self.address[1]}\r\nAccept: {accept}\r\n"
            f"Cookie: {cookies}\r\nX-CSRFToken: {self.cookies.get('csrftoken', '')}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        answer = (await self._head_of_answer(head.encode() + body)).decode("latin-1")
        for name, value in re.findall(r"(?im)^set-cookie: (\w+)=([^;]*)", answer):
            self.cookies[name] = value
        length = int(re.search(r"(?im)^content-length: (\d+)", answer)[1])
        content = await self.streams[0].readexactly(length)
        if re.search(r"(?im)^connection: close", answer):
            self.close()
        return int(answer[9:12]), content

    async def _head_of_answer(self, request: bytes) -> bytes:
        """Send on the connection that is open; or, if the server has closed it meanwhile, on a new one."""
        is_new = self.streams is None
        if self.streams is None:
            self.streams = await asyncio.open_connection(*self.address)
        try:
            self.streams[1].write(request)
            return await self.streams[0].readuntil(b"\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self.close()
            if is_new or getattr(error, "partial", b""):
                raise
            return await self._head_of_answer(request)

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
        self.streams = None


async def log_in_all(address, names: list[str]) -> list[dict[str, object]]:
    """Sessions by the login page, a few at a time: checking a password is meant to be slow."""
    at_once = asyncio.Semaphore(4)

    async def log_in(name: str) -> dict[str, object]:
        async with at_once:
            browser = Browser(address)
            await browser.ask("GET", "/login/", accept="text/html")
            fields = {
                "username": name,
                "password": PASSWORD,
                "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            }
            status, _ = await browser.ask("POST", "/login/", fields, accept="text/html")
            if status != 302 or "sessionid" not in browser.cookies:
                raise SystemExit(f"{name} could not log in: {status}")
            browser.close()
            return {"address": address, "cookies": browser.cookies}

    return await asyncio.gather(*(log_in(name) for name in names))


class Page:
    """One person's page: two tasks in hand, submit one, ask for the next."""

    def __init__(self, browsers: tuple[Browser, Browser], campaign: int, run: Run) -> None:
        self.browser, self.second = browsers
        self.campaign, self.run = campaign, run
        self.in_hand: list[int] = []

    async def label(self) -> bool:
        """One label; False where there is nothing left."""
        while len(self.in_hand) < 2:
            path = f"/api/v1/campaigns/{self.campaign}/next/"
            answer = await self._timed("next", path, {"holding": self.in_hand})
            if answer is None or answer["task"] is None:
                break
            self.in_hand.append(answer["task"]["assignment"])
        if not self.in_hand:
            return False
        path = f"/api/v1/assignments/{self.in_hand.pop(0)}/submit/"
        fields = {
            "score": random.choice((1, 2, 3, 4, 5)),
            "answer_correct": "",
            "comment": "It says so twice." if random.random() < 0.1 else "",
            "seconds": round(random.uniform(5, 60), 1),
            "submission_key": str(uuid.uuid4()),
            "based_on": 0,
        }
        if random.randrange(RESENT_EVERY):
            answer = await self._timed("submit", path, fields)
        else:
            answer = await self._sent_twice(path, fields)
        if answer is not None:
            self.run.acknowledged += 1
            self.run.labels += time.perf_counter() >= self.run.begin
        return True

    async def _sent_twice(self, path: str, fields):
        answer, (status, content) = await asyncio.gather(
            self._timed("submit", path, fields), self.second.ask("POST", path, fields)
        )
        if status != 200 or (answer and json.loads(content)["revision"] != answer["revision"]):
            self.run.errors.append(f"sent again: {status} {content[:120]!r}")
        return answer

    async def _timed(self, name: str, path: str, fields):
        began = time.perf_counter()
        status, content = await self.browser.ask("POST", path, fields)
        if began >= self.run.begin:
            self.run.times[name].append((time.perf_counter() - began) * 1000)
        if status != 200:
            self.run.errors.append(f"{name}: {status} {content[:120]!r}")
            return None
        return json.loads(content)


def work(people, campaign: int, seconds: float) -> Run:
    """Everybody at work in the campaign for some seconds, after a warm-up that is not counted."""
    return work_in_turns(people, {"": campaign}, seconds)[""]


def work_in_turns(people, campaigns: dict[str, int], seconds: float) -> dict[str, Run]:
    """Everybody labels in turns in each of the campaigns, on the same connection."""
    begin = time.perf_counter() + WARM_UP_SECONDS
    runs = {name: Run(begin=begin) for name in campaigns}

    async def all_of_them() -> None:
        await asyncio.gather(*(annotate(person, campaigns, runs, begin + seconds) for person in people))

    asyncio.run(all_of_them())
    for run in runs.values():
        run.seconds = time.perf_counter() - begin
    return runs


async def annotate(person, campaigns: dict[str, int], runs: dict[str, Run], end: float) -> None:
    browsers = Browser(person["address"]), Browser(person["address"])
    for browser in browsers:
        browser.cookies = person["cookies"]
    pages = [Page(browsers, campaign, runs[name]) for name, campaign in campaigns.items()]
    try:
        while pages and time.perf_counter() < end:
            pages = [page for page in pages if await page.label()]
    except (OSError, asyncio.IncompleteReadError) as error:
        next(iter(runs.values())).errors.append(repr(error))
    finally:
        for browser in browsers:
            browser.close()
