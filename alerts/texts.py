"""The words of the messages, per hazard and level, in zh-CN and en-US.

Tables only; `phrases` puts them into sentences. A hazard that is not here is announced
with the words of `OTHER`, never not at all.
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
"""CAP responseType of each level."""

DRILL = {
    "Exercise": Pair("演练（非真实预警）：", "EXERCISE, not a real warning: "),
    "Test": Pair("测试（非真实预警）：", "TEST, not a real warning: "),
}
"""Before every text of a message that is not Actual."""

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
}
"""Observed properties in words; others are called by their id."""

UNITS = {"m": "米", "m3/s": "立方米/秒", "mm": "毫米", "m/s": "米/秒"}
"""Units in Chinese, by their UCUM code; others stay as they are."""

OVER = Pair(
    "预警已解除，请继续关注后续信息。", "The warning has ended. Stay alert for further messages."
)

FLOOD = HazardTexts(
    event=Pair("洪水", "flood"),
    category="Met",
    instructions={
        Level.NONE: Pair(
            "洪水预警已解除。请勿靠近仍有积水或受损的河岸、道路，返回前听从当地安排。",
            "The flood warning has ended. Keep away from flooded or damaged banks and roads, "
            "and return only when the authorities say so.",
        ),
        Level.BLUE: Pair(
            "请关注水位变化，远离河岸和低洼地带。",
            "Watch the water level and keep away from the river bank and low-lying ground.",
        ),
        Level.YELLOW: Pair(
            "请勿在河滩和临河步道停留，从低洼处移走车辆和贵重物品，做好转移准备。",
            "Leave river flats and riverside paths. Move vehicles and valuables from "
            "low-lying ground and get ready to leave.",
        ),
        Level.ORANGE: Pair(
            "请立即离开河滩、地下空间和低洼地带；不要涉水或驾车通过积水路段；老人、儿童和病人提前转移。",
            "Leave river flats, underground spaces and low-lying ground now. Do not walk or drive "
            "through flood water. Move the old, the sick and children early.",
        ),
        Level.RED: Pair(
            "请听从当地指挥，立即转移到高处或指定避难场所；不要返回取物，不要涉水。",
            "Move to high ground or the assigned shelter now, as the authorities direct. "
            "Do not go back for belongings and do not enter flood water.",
        ),
    },
)

INUNDATION = HazardTexts(
    event=Pair("内涝", "inundation"),
    category="Met",
    instructions={
        Level.NONE: Pair(
            "内涝预警已解除。积水未退尽前请绕行，返回地下空间前听从管理人员安排。",
            "The inundation warning has ended. Go round water that still stands, and enter "
            "underground spaces only when staff say so.",
        ),
        Level.BLUE: Pair(
            "请留意低洼路段积水，减少前往地下空间。",
            "Mind water on low roads and avoid underground spaces.",
        ),
        Level.YELLOW: Pair(
            "请绕开下穿道路和低洼路段，将车辆移出地下车库。",
            "Go round underpasses and low roads. Move cars out of underground car parks.",
        ),
        Level.ORANGE: Pair(
            "请勿进入下穿道路、地铁口和地下空间；已在其中的请立即离开到高处；切勿驾车涉水。",
            "Keep out of underpasses, metro entrances and underground spaces; if you are in one, "
            "leave for high ground now. Never drive into water.",
        ),
        Level.RED: Pair(
            "请立即离开地下空间和低洼处，转移到二层以上或高处；远离井盖和带电设施，听从现场指挥。",
            "Leave underground spaces and low ground at once for an upper floor or high ground. "
            "Keep away from manholes and anything electric, and do as staff direct.",
        ),
    },
)

STORM_TIDE = HazardTexts(
    event=Pair("风暴潮", "storm tide"),
    category="Met",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair("请关注潮位，远离海堤。", "Watch the tide level; keep off the sea wall."),
        Level.YELLOW: Pair(
            "请离开海滩和海堤，加固或转移船只。",
            "Leave beaches and sea walls; secure or move boats.",
        ),
        Level.ORANGE: Pair(
            "请离开沿海低洼地带和地下空间，船只立即回港，做好转移准备。",
            "Leave the low coast and underground spaces; bring boats in now; get ready to leave.",
        ),
        Level.RED: Pair(
            "请听从当地指挥，立即向内陆高处转移。",
            "Move inland to high ground now, as the authorities direct.",
        ),
    },
)

LANDSLIDE = HazardTexts(
    event=Pair("滑坡", "landslide"),
    category="Geo",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair(
            "滑坡可能发生，请留意裂缝、落石和异响。",
            "A landslide is possible: watch for cracks, falling stones and unusual sounds.",
        ),
        Level.YELLOW: Pair(
            "滑坡较可能发生，请远离陡坡和沟口，做好转移准备。",
            "A landslide is fairly likely: keep away from steep slopes and gullies, "
            "and get ready to leave.",
        ),
        Level.ORANGE: Pair(
            "滑坡很可能发生，请离开陡坡下方的房屋和道路。",
            "A landslide is likely: leave houses and roads below steep slopes.",
        ),
        Level.RED: Pair(
            "滑坡极可能发生，请立即向滑坡两侧安全地带转移。",
            "A landslide is very likely: leave at once, to the side and not down the slope.",
        ),
    },
)

CROWD = HazardTexts(
    event=Pair("人群拥挤", "crowding"),
    category="Safety",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair("请有序通行。", "Keep moving calmly."),
        Level.YELLOW: Pair(
            "请避开拥挤区域，改走其他通道。", "Avoid the busy area; use other ways."
        ),
        Level.ORANGE: Pair(
            "请勿进入该区域，听从引导。", "Do not enter the area; follow the stewards."
        ),
        Level.RED: Pair(
            "请勿推挤，护住胸前，按引导从最近出口离开。",
            "Do not push. Protect your chest and leave by the nearest exit as directed.",
        ),
    },
)

OTHER = HazardTexts(
    event=Pair("险情", "hazard"),
    category="Other",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair("请关注后续信息。", "Watch for further messages."),
        Level.YELLOW: Pair("请做好防范准备。", "Get ready to act."),
        Level.ORANGE: Pair("请远离危险区域。", "Keep away from the area."),
        Level.RED: Pair("请听从当地指挥，立即转移。", "Leave now, as the authorities direct."),
    },
)

HAZARDS = {
    "flood": FLOOD,
    "inundation": INUNDATION,
    "storm_tide": STORM_TIDE,
    "landslide": LANDSLIDE,
    "crowd": CROWD,
}


def texts(hazard: str) -> HazardTexts:
    """Return the texts of `hazard`, or those of `OTHER`."""
    return HAZARDS.get(hazard, OTHER)
