"""Heat as a body feels it: wet-bulb globe temperature and heat index. All in degrees Celsius."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def vapour_pressure(temperature: Array, humidity: Array) -> Array:
    """Return the water vapour's pressure [hPa] at `humidity` [%] (Magnus; BoM 2010)."""
    return np.asarray(
        humidity / 100 * 6.105 * np.exp(17.27 * temperature / (237.7 + temperature)),
        dtype=np.float64,
    )


def wbgt_simple(temperature: Array, humidity: Array) -> Array:
    """Return the WBGT from temperature [Cel] and humidity [%] alone.

    0.567 Ta + 0.393 e + 3.94 (ACSM 1984, as given by the Australian Bureau of Meteorology 2010):
    it takes the sun as moderately high and the wind as light, so it is too high at night and
    under clouds.
    """
    vapour = vapour_pressure(temperature, humidity)
    return np.asarray(0.567 * temperature + 0.393 * vapour + 3.94)


def wbgt_outdoor(temperature: Array, humidity: Array, solar: Array, wind: Array) -> Array:
    """Return the WBGT with sun and wind.

    Ono & Tonouchi (2014), Jpn. J. Biometeorol. 50, 147-157, the formula of Japan's Ministry of
    the Environment: 0.735 Ta + 0.0374 RH + 0.00292 Ta RH + 7.619 SR - 4.557 SR^2 - 0.0572 WS
    - 4.064, SR in kW/m2 (solar here in W/m2), WS in m/s. Fitted above 21 degrees.
    """
    sun = np.maximum(solar, 0.0) / 1000
    humid = 0.0374 * humidity + 0.00292 * temperature * humidity
    return np.asarray(
        0.735 * temperature + humid + 7.619 * sun - 4.557 * sun**2 - 0.0572 * wind - 4.064
    )


def heat_index(temperature: Array, humidity: Array) -> Array:
    """Return the heat index of the US National Weather Service.

    Rothfusz (1990), SR 90-23, with its two adjustments; below 80 °F Steadman's simple form, as
    the NWS computes it.
    """
    t = np.asarray(temperature, dtype=float) * 1.8 + 32
    rh = np.asarray(humidity, dtype=float)
    simple = 0.5 * (t + 61.0 + (t - 68.0) * 1.2 + rh * 0.094)
    full = (
        -42.379
        + 2.04901523 * t
        + 10.14333127 * rh
        - 0.22475541 * t * rh
        - 6.83783e-3 * t**2
        - 5.481717e-2 * rh**2
        + 1.22874e-3 * t**2 * rh
        + 8.5282e-4 * t * rh**2
        - 1.99e-6 * t**2 * rh**2
    )
    dry = (13 - rh) / 4 * np.sqrt(np.maximum(17 - np.abs(t - 95), 0.0) / 17)
    full = full - np.where((rh < 13) & (t >= 80) & (t <= 112), dry, 0.0)
    damp = (rh - 85) / 10 * (87 - t) / 5
    full = full + np.where((rh > 85) & (t >= 80) & (t <= 87), damp, 0.0)
    fahrenheit = np.where((simple + t) / 2 < 80, simple, full)
    return np.asarray((fahrenheit - 32) / 1.8)
