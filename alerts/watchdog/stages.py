"""Where canaries have come through, and at which stage they stop. Pure: times are handed in."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

REMEMBERED = 1_000
"""Canaries sent that are known by their time; older ones, come late, say nothing."""


class Stage(Struct, frozen=True, kw_only=True):
    """One place on the way that a canary has to pass."""

    name: str
    after: tuple[str, ...] = ()
    """Stages that it cannot pass before it has passed them."""
    means: str
    """What passing it shows, for officers."""
    means_zh: str


STAGES = (
    Stage(name="mqtt", means="the MQTT broker takes batches", means_zh="MQTT 代理接收数据"),
    Stage(name="kafka", means="the Kafka broker answers", means_zh="Kafka 代理应答"),
    Stage(name="postgres", means="the database answers", means_zh="数据库应答"),
    Stage(
        name="gateway",
        after=("mqtt", "kafka"),
        means="the service `gateway` carries batches from MQTT to Kafka",
        means_zh="gateway 服务把数据从 MQTT 送到 Kafka",
    ),
    Stage(
        name="intake",
        after=("gateway", "postgres"),
        means="the service `stream` stores observations",
        means_zh="stream 服务把观测值写入数据库",
    ),
    Stage(
        name="ack",
        after=("intake",),
        means="the service `gateway` passes durable acks back",
        means_zh="gateway 服务回送持久化确认",
    ),
    Stage(
        name="checked",
        after=("intake",),
        means="the service `stream` tells of checked observations",
        means_zh="stream 服务发布质控后的观测值",
    ),
    Stage(
        name="rounds",
        after=("checked",),
        means="the service `stream` judges its areas each minute",
        means_zh="stream 服务每分钟研判各区域",
    ),
    Stage(
        name="alerts",
        after=("rounds",),
        means="the service `alerts` takes assessments",
        means_zh="alerts 服务接收研判结果",
    ),
    Stage(
        name="pager",
        after=("alerts",),
        means="the service `pager` sends what is queued for people",
        means_zh="pager 服务向人员发送通知",
    ),
    Stage(
        name="console",
        after=("postgres",),
        means="the console answers",
        means_zh="值班控制台应答",
    ),
)


class Late(Struct, frozen=True, kw_only=True):
    """A stage that the canary does not pass though it passed all stages before."""

    stage: Stage
    since_s: float
    """When the first canary was sent that did not come through, on the caller's clock [s]."""


class Passage(Struct, frozen=True, kw_only=True):
    """How one stage stands."""

    stage: str
    means: str
    late: bool
    passed_s: float | None
    """When the newest canary that has passed it was sent [s]; None: none ever did."""
    waiting_s: float | None
    """When the oldest canary was sent that has not passed it [s]; None: all have."""


class Watch:
    """Remembers which canary passed which stage.

    Parameters
    ----------
    patience_s : float
        A canary has so long from its sending to pass a stage.
    stages : sequence of Stage
        Each after those that it names.
    """

    def __init__(self, patience_s: float, stages: Sequence[Stage] = STAGES) -> None:
        self._patience_s, self._stages = patience_s, tuple(stages)
        self._sent: deque[float] = deque(maxlen=REMEMBERED)
        self._times: dict[datetime, float] = {}
        self._passed: dict[str, float | None] = {stage.name: None for stage in stages}
        self._waiting: dict[str, float | None] = dict(self._passed)
        self._cleared: dict[str, float] = {}

    def sent(self, canary: datetime, at_s: float) -> None:
        """Note that `canary` was sent at `at_s`, later than all before."""
        if len(self._sent) == REMEMBERED:
            self._times = {c: s for c, s in self._times.items() if s > self._sent[0]}
        self._sent.append(at_s)
        self._times[canary] = at_s
        for name, waiting in self._waiting.items():
            self._waiting[name] = at_s if waiting is None else waiting

    def forget(self) -> None:
        """Know no canary by its time any more: the clock that dates them was put back."""
        self._times = {}

    def seen(self, stage: str, canary: datetime, now_s: float) -> None:
        """Note that `canary` has passed `stage`; one that was never sent says nothing."""
        at_s = self._times.get(canary)
        if at_s is not None:
            self._pass(stage, at_s, now_s)

    def works(self, stage: str, now_s: float) -> None:
        """Note that `stage` was asked at `now_s` and does its work."""
        newest = bisect_right(self._sent, now_s)
        if newest:
            self._pass(stage, self._sent[newest - 1], now_s)

    def _pass(self, stage: str, at_s: float, now_s: float) -> None:
        passed = self._passed[stage]
        if passed is not None and passed >= at_s:
            return
        if self._late(stage, now_s):
            self._cleared[stage] = now_s
        self._passed[stage] = at_s
        following = bisect_right(self._sent, at_s)
        self._waiting[stage] = self._sent[following] if following < len(self._sent) else None

    def _late(self, stage: str, now_s: float) -> bool:
        return self._waits(stage, now_s, self._patience_s)

    def _waits(self, stage: str, now_s: float, longer_s: float) -> bool:
        waiting = self._waiting[stage]
        return waiting is not None and now_s - waiting > longer_s

    def late(self, now_s: float) -> bool:
        """Return whether any stage is late, be it by another's fault."""
        return any(self._late(stage.name, now_s) for stage in self._stages)

    def culprits(self, now_s: float) -> list[Late]:
        """Return the late stages whose lateness no stage before them explains.

        A stage before that was late until a moment ago still explains it for as long as a
        canary has: what waited behind it has to come through first. So does one that has half
        of its patience behind it: a database that stops just after a canary passed it is late
        after what comes behind it.
        """
        return [
            Late(stage=stage, since_s=waiting)
            for stage in self._stages
            if (waiting := self._waiting[stage.name]) is not None
            and self._late(stage.name, now_s)
            and not any(self._explains(name, now_s) for name in stage.after)
        ]

    def _explains(self, name: str, now_s: float) -> bool:
        cleared = self._cleared.get(name)
        recovering = cleared is not None and now_s - cleared <= self._patience_s
        [before] = [stage.after for stage in self._stages if stage.name == name]
        return (
            recovering
            or self._waits(name, now_s, self._patience_s / 2)
            or any(self._explains(earlier, now_s) for earlier in before)
        )

    def table(self, now_s: float) -> list[Passage]:
        """Return how every stage stands at `now_s`."""
        return [
            Passage(
                stage=stage.name,
                means=stage.means,
                late=self._late(stage.name, now_s),
                passed_s=self._passed[stage.name],
                waiting_s=self._waiting[stage.name],
            )
            for stage in self._stages
        ]
