"""What the hazards of water, ground and weather are called, and what to do at each level."""

from alerts.texts import OVER, HazardTexts, Pair
from forewarn.domain.hazard import Level

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
