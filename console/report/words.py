"""The report's words in English and Chinese, and numbers and times as people read them."""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from console.report.facts import Named

Language = Literal["en", "zh"]

WORDS: dict[str, tuple[str, str]] = {
    "report": ("Situation report", "情况报告"),
    "about": ("Situation report on one incident", "单起事件情况报告"),
    "as of": ("As of {0}", "截至 {0}"),
    "issued": ("Made {0} by {1}.", "编制：{1}，{0}。"),
    "guest": ("a guest who did not sign in", "未登录的访客"),
    "zone": ("All times are {0} ({1}).", "时间均为 {0}（{1}）。"),
    "exercise": ("EXERCISE – this is not a real warning", "演习——并非真实预警"),
    "invented": ("Simulated: {0}", "模拟：{0}"),
    "replay": (
        "Not real time: a demonstration or a replay.",
        "非真实时间：演示或回放。",
    ),
    "past": (
        "About an earlier time, from what is kept. It was not written then.",
        "本报告涉及过去时刻，依据留存记录编制，并非当时所写。",
    ),
    "pdf": ("PDF", "PDF"),
    "other": ("中文", "English"),
    "page": ("Page {0} of {1}", "第 {0} 页，共 {1} 页"),
    "force": ("In force", "生效中的预警"),
    "summary": (
        "In force: {0}{1}. Waiting for people: {2}. Not known: {3}.",
        "生效 {0} 起{1}；待审 {2} 起；未知事项 {3} 项。",
    ),
    "none in force": ("No warning is in force.", "当前无生效预警。"),
    "no all-clear": (
        "That is not an all-clear: see what is not known.",
        "这不表示没有危险：请看“未知事项”。",
    ),
    "judged": (
        "{0} of {1} places with thresholds are judged by an assessment that can be relied on.",
        "{1} 处设阈值对象中，{0} 处有可靠研判。",
    ),
    "level": ("Level", "等级"),
    "what": ("What and where", "何事何地"),
    "when": ("When (80 % interval)", "何时（80 % 区间）"),
    "sure": ("How sure", "把握"),
    "why": ("Why", "原因"),
    "until": ("In force until", "有效至"),
    "who": ("Who has it", "负责人"),
    "draft": ("draft: {0}", "草稿：{0}"),
    "waits": ("waits for {0} of {1} people", "待 {1} 人审批，已有 {0} 人同意"),
    "issues": ("without them it goes out {0}", "如无人处理，{0} 发布"),
    "withdraws": ("without them it is withdrawn {0}", "如无人处理，{0} 撤回"),
    "over": ("not in force any more", "已不再生效"),
    "drill": ("EXERCISE", "演习"),
    "test": ("TEST", "测试"),
    "reached": ("threshold is exceeded", "已超阈值"),
    "no onset": ("time not known", "时间未知"),
    "interval": ("{0} – {1}", "{0}–{1}"),
    "later": ("later", "更晚"),
    "told onset": ("as told: {0}", "预警所述：{0}"),
    "peak": ("peak {0}", "峰值 {0}"),
    "no judgement": ("no assessment to rely on", "无可靠研判"),
    "outdated": ("assessment of {0} is too old", "{0} 的研判已过时"),
    "degraded": ("less certain than usual: {0}", "可靠性降低：{0}"),
    "nobody": ("not acknowledged", "未确认"),
    "acked": ("acknowledged by {0} {1}", "{0} 于 {1} 确认"),
    "assigned": ("with {0}", "由 {0} 负责"),
    "shelved": ("shelved until {0}", "搁置至 {0}"),
    "sent": ("sent {0}", "{0} 发布"),
    "outlook": ("Outlook for the next hours", "未来数小时展望"),
    "nothing likely": (
        "No threshold has a probability of 0.1 or more in what can be relied on.",
        "在可靠研判中，无任何阈值的超过概率达到 0.1。",
    ),
    "threshold": ("Threshold", "阈值"),
    "probability": ("Probability", "概率"),
    "onset": ("Onset (80 %)", "开始（80 %）"),
    "peak 80": ("Peak (80 %)", "峰值（80 %）"),
    "graphs": ("Observed and forecast", "实况与预报"),
    "graph of": ("{0}, {1}", "{0}，{1}"),
    "graph says": (
        "Newest value {0} at {1}; forecast issued {2}.",
        "最新值 {0}（{1}）；预报发布 {2}。",
    ),
    "no value": ("No value in the last hours", "近数小时无观测值"),
    "no forecast": ("No forecast.", "无预报。"),
    "graph legend": (
        "Line: observed. Dashed: median of the forecast; bands: {0}.",
        "实线：实况。虚线：预报中位数；色带：{0}。",
    ),
    "none to draw": ("Nothing to draw.", "无可绘制内容。"),
    "map": ("Areas and stations", "区域与测站"),
    "map legend": (
        "Areas in the colour of the gravest warning in force, with its name. "
        "A cross is a station whose newest value is silent or doubted.",
        "区域颜色为当前最高生效预警等级，并注文字。叉号为无新数据或数据存疑的测站。",
    ),
    "measures": ("What was done", "已采取措施"),
    "since": ("From {0}.", "自 {0} 起。"),
    "no measures": ("Nothing was written down and no act was done.", "无记录，无操作。"),
    "cut": ("Only the newest {0} are shown.", "仅列最新 {0} 条。"),
    "corrected": ("[corrected by no. {0}]", "[已由第 {0} 号更正]"),
    "corrects": ("[corrects no. {0}]", "[更正第 {0} 号]"),
    "time": ("Time", "时间"),
    "person": ("Who", "何人"),
    "told": ("Who was told", "已告知何人"),
    "told nobody": ("Nobody was told by the chain.", "呼叫链未通知任何人。"),
    "nothing to tell": ("Nothing is in force.", "无生效预警。"),
    "incident": ("Incident", "事件"),
    "queued": ("queued", "排队"),
    "accepted": ("accepted", "渠道接收"),
    "delivered": ("delivered", "送达"),
    "read": ("read", "已读"),
    "acked by": ("acked", "确认"),
    "failed": ("failed", "失败"),
    "channels": ("Channels", "渠道"),
    "channel ok": ("{0}: {1} of {2}", "{0}：{1}/{2}"),
    "told as": (
        "Each person counts once, with the farthest that a message to them came.",
        "每人按其消息到达的最远状态计一次。",
    ),
    "unknown": ("What is not known", "未知事项"),
    "all known": (
        "Every instrument and gateway reports, and everything is judged.",
        "所有仪器与网关均正常上报，全部对象均有研判。",
    ),
    "gap list": ("{0} ({1}): {2}.", "{0}（{1}）：{2}。"),
    "gap bare": ("{0}.", "{0}。"),
    "doing": ("What", "事项"),
    "gap never": ("Instruments that never reported", "从未上报的仪器"),
    "gap silent": ("Silent instruments, and since when", "中断的仪器及起始时间"),
    "gap doubted": ("Newest value suspect, failed or missing", "最新值可疑、无效或缺失"),
    "gap gateway_never": ("Gateways that were never heard of", "从未联系的网关"),
    "gap gateway_offline": ("Gateways offline, last heard", "离线网关及最后联系时间"),
    "gap instrument": ("Instruments that a gateway has trouble with", "网关报告异常的仪器"),
    "gap rejected": ("Observations rejected in 24 h", "24 小时内被拒收的观测"),
    "gap unjudged": ("Has thresholds but no assessment", "设有阈值但无研判"),
    "gap failed": ("No forecast could be made", "无法制作预报"),
    "gap degraded": ("Less certain than usual", "可靠性降低"),
    "gap outdated": ("Assessment too old, of", "研判过时，时间为"),
    "gap past": (
        "Gateways, rejected observations and drafts of that time are not kept",
        "当时的网关状态、拒收观测与草稿未留存",
    ),
    "gap cut": ("More warnings than are shown here", "另有未列出的预警"),
    "maintenance": ("{0} (being worked on)", "{0}（检修中）"),
    "quiet": ("Silences, maintenance, drills", "静默、检修与演习"),
    "no quiet": ("None runs.", "无。"),
    "kind silence": ("silence", "静默"),
    "kind maintenance": ("maintenance", "检修"),
    "kind drill": ("drill", "演习"),
    "everything": ("everything", "全部"),
    "reason": ("Reason", "原因"),
    "of": ("Of what", "对象"),
    "ack": ("acknowledged", "确认"),
    "unack": ("took the acknowledgement back", "撤回确认"),
    "assign": ("gave it to {0}", "交由 {0}"),
    "shelve": ("shelved it", "搁置"),
    "unshelve": ("took it off the shelf", "取消搁置"),
    "escalate": ("escalated", "升级"),
    "comment": ("comment", "备注"),
    "approve": ("approved the draft", "同意草稿"),
    "reject": ("rejected the draft", "否决草稿"),
    "cancel": ("asked to cancel", "请求解除"),
    "withdrawn": ("draft withdrawn", "草稿撤回"),
    "refused": ("refused: {0}", "未执行：{0}"),
    "note": ("note", "记事"),
    "call": ("call", "通话"),
    "measure": ("measure", "措施"),
    "fault": ("fault", "故障"),
}

LEVELS = (("none", "无"), ("blue", "蓝色"), ("yellow", "黄色"), ("orange", "橙色"), ("red", "红色"))

HAZARDS = {
    "flood": ("flood", "洪水"),
    "inundation": ("inundation", "内涝"),
    "landslide": ("landslide", "滑坡"),
    "debris_flow": ("debris flow", "泥石流"),
    "storm_tide": ("storm tide", "风暴潮"),
    "wave": ("high waves", "海浪"),
    "gale": ("gale", "大风"),
    "rainstorm": ("rainstorm", "暴雨"),
    "heat": ("heat", "高温"),
    "crowd": ("crowding", "人群拥挤"),
    "parking": ("parking", "停车"),
    "security": ("security point", "安检点"),
    "venue": ("event", "赛事"),
    "underground": ("underground", "地下空间"),
    "vital": ("vital sign", "城市体征"),
}

UNITS = {
    "m": ("m", 2),
    "m3/s": ("m³/s", 0),
    "hm3": ("hm³", 1),
    "mm": ("mm", 1),
    "m/s": ("m/s", 1),
    "deg": ("°", 0),
    "Cel": ("°C", 1),
    "hPa": ("hPa", 1),
    "%": ("%", 0),
    "1": ("", 2),
    "min": ("min", 0),
}
"""As in `console/web/src/format.ts`: what is shown, and how many decimals."""


class Speech:
    """Says things in one language, in a site's zone, at one time.

    Parameters
    ----------
    language : Language
    timezone : str
        IANA name.
    at : datetime
        What the report is about; a time of another day is said with its day.
    """

    def __init__(self, language: Language, timezone: str, at: datetime) -> None:
        self.language, self._zone, self._at = language, ZoneInfo(timezone), at
        self.timezone = timezone
        self._index = 0 if language == "en" else 1

    def word(self, name: str, *parts: object) -> str:
        """Return the word of this name with `parts` put in."""
        return WORDS[name][self._index].format(*parts)

    def word_or(self, name: str, *parts: object) -> str:
        """Return the word of this name, or the name itself where we have none."""
        return self.word(name, *parts) if name in WORDS else name

    def name(self, named: Named) -> str:
        """Return the name in this language."""
        return named.name if self._index == 0 else named.zh

    def level(self, level: int) -> str:
        """Return the colour of a level."""
        return LEVELS[level][self._index]

    def hazard(self, hazard: str) -> str:
        """Return what the hazard is called."""
        return HAZARDS.get(hazard, (hazard, hazard))[self._index]

    def amount(self, value: float | None, unit: str) -> str:
        """Return `8.50 m`; an en dash for no value."""
        if value is None:
            return "–"
        shown, decimals = UNITS.get(unit, (unit, 2))
        text = f"{value:.{decimals}f}"
        if float(text) == 0:
            text = text.removeprefix("-")
        return f"{text.replace('-', '−')} {shown}".rstrip()

    def unit(self, unit: str) -> str:
        """Return a unit as it is shown."""
        return UNITS.get(unit, (unit, 2))[0]

    def chance(self, probability: float) -> str:
        """Return `p = 0.83`: beyond 0.05 and 0.95 only a bound is known."""
        if probability <= 0.05:
            return "p ≤ 0.05"
        return "p ≥ 0.95" if probability >= 0.95 else f"p = {probability:.2f}"

    def local(self, time: datetime) -> datetime:
        """Return `time` in the site's zone."""
        return time.astimezone(self._zone)

    def moment(self, time: datetime | None) -> str:
        """Return the time of day, with its day where that is not the report's."""
        if time is None:
            return "–"
        local = self.local(time)
        same = local.date() == self.local(self._at).date()
        return f"{local:%H:%M}" if same else f"{self._day(local)} {local:%H:%M}"

    def date(self, time: datetime) -> str:
        """Return day, month, year and time of day."""
        local = self.local(time)
        if self._index:
            return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
        return f"{local.day} {MONTHS[local.month - 1]} {local.year} {local:%H:%M}"

    def zone(self) -> str:
        """Return `All times are Asia/Shanghai (UTC+8).`"""
        offset = self.local(self._at).utcoffset() or timedelta(0)
        hours = f"{offset.total_seconds() / 3600:+g}".replace("-", "−")
        return self.word("zone", self.timezone, f"UTC{hours if offset else ''}")

    def _day(self, local: datetime) -> str:
        if self._index:
            return f"{local.month}月{local.day}日"
        return f"{local.day} {MONTHS[local.month - 1]}"


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""`strftime` would say them in the language of the machine."""
