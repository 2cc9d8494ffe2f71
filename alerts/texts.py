"""The words that messages of every hazard share, in zh-CN and en-US, and the form of the others.

Tables only; `phrases` puts them into sentences. What each hazard is called and what people
should do is in `hazards` (people and venues; all hazards by their id) and `nature`.
"""

from msgspec import Struct

from forewarn.domain.hazard import Level


class Pair(Struct, frozen=True):
    """One text in the two languages of every message."""

    zh: str
    en: str


class HazardTexts(Struct, frozen=True, kw_only=True):
    """What one hazard is called and what people should do at each level."""

    event: Pair
    category: str
    """CAP category."""
    instructions: dict[Level, Pair]
    """One for each level from blue to red; `NONE` is said at the end."""
    for_staff: bool = False
    """Whether staff act on it, not the public."""

    def response(self, level: Level) -> str:
        """Return the CAP responseType of `level`."""
        return (RESPONSE_OF_STAFF if self.for_staff else RESPONSE)[level]


LEVELS = {
    Level.NONE: Pair("解除", "no"),
    Level.BLUE: Pair("蓝色", "blue"),
    Level.YELLOW: Pair("黄色", "yellow"),
    Level.ORANGE: Pair("橙色", "orange"),
    Level.RED: Pair("红色", "red"),
}

SEVERITY = {
    Level.NONE: "Minor",
    Level.BLUE: "Minor",
    Level.YELLOW: "Moderate",
    Level.ORANGE: "Severe",
    Level.RED: "Extreme",
}
"""CAP severity of each level; a Cancel is Minor."""

RESPONSE = {
    Level.NONE: "AllClear",
    Level.BLUE: "Monitor",
    Level.YELLOW: "Prepare",
    Level.ORANGE: "Avoid",
    Level.RED: "Evacuate",
}
"""CAP responseType of each level, where the public is told to move."""

RESPONSE_OF_STAFF = RESPONSE | {Level.ORANGE: "Execute", Level.RED: "Execute"}
"""… and where staff are told to carry out their plan."""

DRILL = {
    "Exercise": Pair("演练（非真实预警）：", "EXERCISE, not a real warning: "),
    "Test": Pair("测试（非真实预警）：", "TEST, not a real warning: "),
}
"""Before every text of a message that is not Actual."""

EXERCISE = Pair("演习 演习 演习 ", "EXERCISE EXERCISE EXERCISE ")
"""First in the headline and the description of a drill, and in what people are paged of it."""

PRACTICE = Pair("本消息仅为演习，并非真实预警。", "This is a drill and not a real warning.")
"""Said in the description of a drill."""

PROPERTIES = {
    "stage": Pair("水位", "stage"),
    "tide": Pair("潮位", "tide level"),
    "discharge": Pair("流量", "discharge"),
    "rain": Pair("雨量", "rainfall"),
    "wave_height": Pair("波高", "wave height"),
    "wind_speed": Pair("风速", "wind speed"),
    "displacement": Pair("位移", "displacement"),
    "density": Pair("人群密度", "crowd density"),
    "depth": Pair("积水深度", "water depth"),
    "wind_gust": Pair("阵风", "wind gust"),
    "temperature": Pair("气温", "air temperature"),
    "wbgt": Pair("湿球黑球温度", "wet-bulb globe temperature"),
    "landslide_index": Pair("滑坡指数", "landslide index"),
    "debris_flow_index": Pair("泥石流指数", "debris flow index"),
    "occupancy_share": Pair("占用率", "occupancy"),
    "waiting": Pair("排队时间", "waiting time"),
    "coverage": Pair("在岗率", "share of posts staffed"),
}
"""Observed properties in words; others are called by their id."""

UNITS = {"m": "米", "m3/s": "立方米/秒", "mm": "毫米", "m/s": "米/秒"}
"""Units in Chinese, by their UCUM code; others stay as they are."""

OVER = Pair(
    "预警已解除，请继续关注后续信息。", "The warning has ended. Stay alert for further messages."
)
