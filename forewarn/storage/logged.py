"""The questions behind the shift log: each finds one kind of thing that happens, in one shape.

Columns: at, rank, id, kind, what, author, incident, level, text, detail.
"""

_MESSAGES = """
SELECT sent AS at, 1 AS rank, number AS id, 'message' AS kind, msg_type AS what, '' AS author,
    incident, level::int AS level, headline AS text, jsonb_build_object('status', status,
    'previous', previous_level, 'identifier', identifier, 'area', area, 'hazard', hazard) AS detail
FROM alert"""

_RAN_OUT = """
SELECT ended, 2, hashtextextended(incident, 0), 'message', 'expired', '', incident,
    highest::int, headline, jsonb_build_object('status', status, 'area', area, 'hazard', hazard)
FROM incident WHERE ended IS NOT NULL AND identifier <> '' AND NOT EXISTS
    (SELECT FROM alert WHERE alert.identifier = incident.identifier AND msg_type = 'Cancel')"""

_WITHDRAWN = """
SELECT ended, 3, hashtextextended(incident, 0), 'draft', 'withdrawn', '', incident,
    highest::int, headline, jsonb_build_object('status', status, 'area', area, 'hazard', hazard)
FROM incident WHERE state = 'withdrawn' AND ended IS NOT NULL"""

_ACTS = """
SELECT action.at, 4, action.number,
    CASE WHEN act IN ('approve', 'reject') THEN 'draft' ELSE 'act' END, act, author,
    action.incident, NULL::int, coalesce(action.detail->>'text', action.detail->>'reason', ''),
    jsonb_build_object('to', action.detail->>'to', 'until', action.detail->>'until',
        'taken', taken, 'refused', refused, 'headline', headline, 'status', status)
FROM action JOIN incident ON incident.incident = action.incident"""

_QUIET = """
SELECT start, 5, id, 'quiet', kind || ' begins', author, '', up_to::int, reason,
    jsonb_build_object('area', area, 'hazard', hazard, 'datastream', datastream, 'end', "end")
FROM silence"""

_LOUD_AGAIN = """
SELECT "end", 6, id, 'quiet', kind || ' ends', ended_by, '', up_to::int, reason,
    jsonb_build_object('area', area, 'hazard', hazard, 'datastream', datastream)
FROM silence"""

_DRILLS = """
SELECT start, 5, -id, 'drill', 'drill begins', author, '', level::int, reason,
    jsonb_build_object('area', area, 'hazard', hazard, 'end', "end")
FROM drill"""

_DRILLS_END = """
SELECT "end", 6, -id, 'drill', 'drill ends', ended_by, '', level::int, reason,
    jsonb_build_object('area', area, 'hazard', hazard)
FROM drill"""

_OUTCOMES = """
SELECT coalesce(closed.changed, crossed, began), 7, hashtextextended(event || '/' || outcome.level,
    0), 'outcome', verdict, decided_by, event, outcome.level::int, why,
    jsonb_build_object('status', outcome.status, 'lead_s', lead_s, 'area', outcome.area,
        'hazard', outcome.hazard, 'datastream', outcome.datastream, 'headline', headline)
FROM outcome LEFT JOIN incident closed ON closed.incident = event"""

_REMARKS = """
SELECT at, 8, number, 'outcome', 'remark', author, event, NULL::int, text,
    jsonb_build_object('confirmed', confirmed)
FROM remark"""

_ENTRIES = """
SELECT at, 9, number, 'entry', category, author, coalesce(incident, ''), NULL::int, text,
    jsonb_build_object('noted', noted, 'written', written, 'corrects', corrects, 'corrected',
        (SELECT number FROM log_entry later WHERE later.corrects = log_entry.number))
FROM log_entry"""

_HANDOVERS = """
SELECT at, 10, number, 'handover', 'given', author, '', NULL::int, open_points,
    jsonb_build_object('to', receiver)
FROM handover"""

_TAKEN_OVER = """
SELECT taken_over.at, 11, number, 'handover', 'taken', by, '', NULL::int, '',
    jsonb_build_object('to', author)
FROM taken_over JOIN handover ON number = taken_over.handover"""

_QUESTIONS = (
    _MESSAGES,
    _RAN_OUT,
    _WITHDRAWN,
    _ACTS,
    _QUIET,
    _LOUD_AGAIN,
    _DRILLS,
    _DRILLS_END,
    _OUTCOMES,
    _REMARKS,
    _ENTRIES,
    _HANDOVERS,
    _TAKEN_OVER,
)

_COLUMNS = "(at, rank, id, kind, what, author, incident, level, text, detail)"

NEWEST = "ORDER BY at DESC, rank DESC, id DESC LIMIT %(limit)s"


def logged_by(condition: str) -> str:
    """Return the question for the newest of all that meets `condition`, which names columns.

    Each kind is limited by itself, so that an index by time serves where there is one.
    """
    each = (
        f"(SELECT * FROM ({question}) AS found {_COLUMNS} WHERE {condition} {NEWEST})"
        for question in _QUESTIONS
    )
    return f"SELECT * FROM ({' UNION ALL '.join(each)}) AS found {_COLUMNS} {NEWEST}"
