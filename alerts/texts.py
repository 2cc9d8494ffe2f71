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

DEBRIS_FLOW = HazardTexts(
    event=Pair("泥石流", "debris flow"),
    category="Geo",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair(
            "泥石流可能发生，请远离沟谷，留意水流变浑和异响。",
            "A debris flow is possible: keep out of gullies and watch for water that turns muddy "
            "and for rumbling.",
        ),
        Level.YELLOW: Pair(
            "泥石流较可能发生，请勿在沟谷停留或过沟，做好转移准备。",
            "A debris flow is fairly likely: do not stay in or cross gullies, "
            "and get ready to leave.",
        ),
        Level.ORANGE: Pair(
            "泥石流很可能发生，请离开沟口和沟谷两侧的房屋。",
            "A debris flow is likely: leave houses at the mouth and on the banks of gullies.",
        ),
        Level.RED: Pair(
            "泥石流极可能发生，请立即向沟谷两侧高处转移，不要顺沟跑。",
            "A debris flow is very likely: climb to high ground beside the gully at once, "
            "never run along it.",
        ),
    },
)

WAVE = HazardTexts(
    event=Pair("海浪", "high waves"),
    category="Met",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair(
            "请勿下海游泳，小型船只注意避风。",
            "Do not swim in the sea. Small craft should make for shelter.",
        ),
        Level.YELLOW: Pair(
            "请离开海滩、礁石和防波堤，小型船只回港。",
            "Leave beaches, rocks and breakwaters. Small craft should return to port.",
        ),
        Level.ORANGE: Pair(
            "停止一切海上活动，船只回港避风，远离海边。",
            "Stop all activity at sea, bring vessels in and keep away from the shore.",
        ),
        Level.RED: Pair(
            "请撤离临海危险地带，切勿观潮观浪。",
            "Leave the exposed shore now. Do not go to watch the waves.",
        ),
    },
)

GALE = HazardTexts(
    event=Pair("大风", "gale"),
    category="Met",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair(
            "请加固易被吹动的物品，远离临时搭建物。",
            "Secure what the wind can move and keep away from temporary structures.",
        ),
        Level.YELLOW: Pair(
            "请停止高空和水上作业，减少户外活动。",
            "Stop work at height and on the water. Stay outdoors as little as possible.",
        ),
        Level.ORANGE: Pair(
            "请留在室内，远离窗户、广告牌和树木，停止户外集会。",
            "Stay indoors, away from windows, hoardings and trees. End outdoor gatherings.",
        ),
        Level.RED: Pair(
            "请立即进入坚固建筑内避风，切勿外出。",
            "Take shelter in a solid building now and do not go out.",
        ),
    },
)

RAINSTORM = HazardTexts(
    event=Pair("暴雨", "rainstorm"),
    category="Met",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair(
            "请留意积水和山洪，检查排水。", "Mind standing water and torrents. Check drains."
        ),
        Level.YELLOW: Pair("请避开低洼路段和地下空间。", "Avoid low roads and underground spaces."),
        Level.ORANGE: Pair(
            "请停止户外活动，远离山沟、河道和低洼处。",
            "Stop outdoor activities. Keep away from gullies, rivers and low ground.",
        ),
        Level.RED: Pair(
            "请留在高处安全地带，听从转移安排。",
            "Stay on safe high ground and follow orders to leave.",
        ),
    },
)

HEAT = HazardTexts(
    event=Pair("高温", "heat"),
    category="Met",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair("请多饮水，注意防晒。", "Drink plenty and keep out of the sun."),
        Level.YELLOW: Pair(
            "请避免午后户外活动，照看老人和儿童。",
            "Avoid the afternoon heat. Look after the old and children.",
        ),
        Level.ORANGE: Pair(
            "请停止剧烈户外运动和露天作业。", "Stop strenuous sport and work in the open."
        ),
        Level.RED: Pair(
            "请停止一切户外活动，到阴凉处，出现中暑症状立即求助。",
            "Stop all outdoor activity and go where it is cool. Get help at the first sign of "
            "heat illness.",
        ),
    },
)

PARKING = HazardTexts(
    event=Pair("停车饱和", "full car park"),
    category="Transport",
    for_staff=True,
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair("车位渐满，建议换乘公共交通。", "Filling up: better come by transit."),
        Level.YELLOW: Pair("车位将满，请改停其他停车场。", "Nearly full: use another car park."),
        Level.ORANGE: Pair("车位已满，请勿前往。", "Practically full: do not drive there."),
        Level.RED: Pair("停车场关闭，请听从引导。", "The car park is closed: follow the stewards."),
    },
)

SECURITY = HazardTexts(
    event=Pair("安检点", "security point"),
    category="Security",
    for_staff=True,
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair("请留意排队情况。", "Watch the queue."),
        Level.YELLOW: Pair(
            "请核实安检点情况并增派人员。", "Check the point by radio and send more staff."
        ),
        Level.ORANGE: Pair(
            "请立即派人到场，启用备用通道。", "Send someone now and open a spare lane."
        ),
        Level.RED: Pair("请暂停入场，疏导排队人群。", "Stop admission and relieve the queue."),
    },
)

VENUE = HazardTexts(
    event=Pair("赛事活动", "event safety"),
    category="Safety",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair("请关注赛程变化。", "Watch for changes of the schedule."),
        Level.YELLOW: Pair(
            "活动可能受影响，请做好暂停准备。", "The event may be affected: get ready to pause."
        ),
        Level.ORANGE: Pair(
            "请暂停活动，引导人员到安全处。", "Pause the event and lead people to safety."
        ),
        Level.RED: Pair("请立即停止活动并疏散。", "Stop the event at once and evacuate."),
    },
)

UNDERGROUND = HazardTexts(
    event=Pair("地下空间进水", "flooding of an underground space"),
    category="Met",
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair(
            "可能进水，请备好挡水设施。", "Water may come in: have flood boards ready."
        ),
        Level.YELLOW: Pair(
            "请准备封闭，停止车辆和人员进入地下空间。",
            "Prepare to close: let no more cars and people in.",
        ),
        Level.ORANGE: Pair(
            "请立即封闭入口并疏散地下空间人员。",
            "Close the entrances now and clear the space below.",
        ),
        Level.RED: Pair(
            "请立即离开地下空间，切勿返回取车取物。",
            "Leave the underground space at once. Do not go back for cars or belongings.",
        ),
    },
)

VITAL = HazardTexts(
    event=Pair("城市运行指标", "city vital sign"),
    category="Infra",
    for_staff=True,
    instructions={
        Level.NONE: OVER,
        Level.BLUE: Pair("指标接近上限，请关注。", "Near its limit: keep watch."),
        Level.YELLOW: Pair("指标接近超载，请准备措施。", "Near overload: prepare measures."),
        Level.ORANGE: Pair("指标超载，请采取措施。", "In overload: act."),
        Level.RED: Pair("指标严重超载，请立即处置。", "In severe overload: act at once."),
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
    "debris_flow": DEBRIS_FLOW,
    "wave": WAVE,
    "gale": GALE,
    "rainstorm": RAINSTORM,
    "heat": HEAT,
    "crowd": CROWD,
    "parking": PARKING,
    "security": SECURITY,
    "venue": VENUE,
    "underground": UNDERGROUND,
    "vital": VITAL,
}


def texts(hazard: str) -> HazardTexts:
    """Return the texts of `hazard`, or those of `OTHER`."""
    return HAZARDS.get(hazard, OTHER)
