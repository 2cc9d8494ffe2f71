"""What the hazards to people and venues are called, what to do at each level, and all hazards.

A hazard that is not here is announced with the words of `OTHER`, never not at all.
"""

from alerts.nature import (
    DEBRIS_FLOW,
    FLOOD,
    GALE,
    HEAT,
    INUNDATION,
    LANDSLIDE,
    RAINSTORM,
    STORM_TIDE,
    WAVE,
)
from alerts.texts import OVER, HazardTexts, Pair
from forewarn.domain.hazard import Level

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
