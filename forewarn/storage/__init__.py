"""The only SQL of Forewarn: migrations, an idempotent writer and a typed reader.

Every function takes a connection made by `connect`. Calls that change something are one
transaction each and may be repeated without effect. Errors::

    ForewarnError
    +-- StorageError                 cannot connect, cannot migrate, no such alert
    psycopg.OperationalError         the server went away: connect again and repeat the call
"""

from forewarn.storage.alerting import (
    acknowledge,
    load_standings,
    mark_delivered,
    mark_failed,
    save_standing,
    store_alert,
)
from forewarn.storage.connection import Connection, connect
from forewarn.storage.deliveries import pending_deliveries
from forewarn.storage.errors import StorageError
from forewarn.storage.migration import migrate
from forewarn.storage.rows import (
    AlertRow,
    DeliveredRow,
    GatewayRow,
    Hour,
    Latest,
    RejectionCount,
    RejectionRow,
    Sample,
    StandingSign,
    Stored,
    Totals,
)
from forewarn.storage.signs import store_gateways, store_programmes, store_vitals
from forewarn.storage.writer import (
    StoredRow,
    store,
    store_assessments,
    store_forecast,
    store_inundation,
)

__all__ = [
    "AlertRow",
    "Connection",
    "DeliveredRow",
    "GatewayRow",
    "Hour",
    "Latest",
    "RejectionCount",
    "RejectionRow",
    "Sample",
    "StandingSign",
    "StorageError",
    "Stored",
    "StoredRow",
    "Totals",
    "acknowledge",
    "connect",
    "load_standings",
    "mark_delivered",
    "mark_failed",
    "migrate",
    "pending_deliveries",
    "save_standing",
    "store",
    "store_alert",
    "store_assessments",
    "store_forecast",
    "store_gateways",
    "store_inundation",
    "store_programmes",
    "store_vitals",
]
