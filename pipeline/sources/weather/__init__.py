"""Weather from files and providers, all in one frame.

Columns: ``ts`` (UTC, start of the hour), ``temperature_c``, ``humidity_percent``, ``wind_m_s``, ``solar_w_m2`` (global
horizontal irradiance) and ``is_forecast``; what a source does not tell is not a number.
"""
